/**
 * The benchmarked tables as drizzle declares them. Instants are ISO-8601 text here, for which drizzle has no column of
 * its own; a custom type is its documented way.
 */
import { customType, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { TypedItem } from './schema.ts'

const instant = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp text',
  fromDriver: (value) => new Date(value),
  toDriver: (value) => value.toISOString(),
})

/** Table `item`. */
export const item = sqliteTable('item', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull(),
  score: integer('score').notNull(),
  ratio: real('ratio').notNull(),
})

/** Table `typed_item`. */
export const typedItem = sqliteTable('typed_item', {
  id: integer('id').primaryKey(),
  active: integer('active', { mode: 'boolean' }).notNull(),
  created_at: instant('created_at').notNull(),
  payload: text('payload', { mode: 'json' }).$type<TypedItem['payload']>().notNull(),
})
