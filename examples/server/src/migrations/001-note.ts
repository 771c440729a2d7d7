import { columnDefaults, columnTypes } from '@upkeep/core'
import type { Kysely } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  const types = columnTypes(db)
  const defaults = columnDefaults(db)
  await db.schema
    .createTable('note')
    .addColumn('id', types.uuid, (column) => column.primaryKey())
    .addColumn('title', types.text, (column) => column.notNull())
    .addColumn('body', types.text, (column) => column.notNull())
    .addColumn('done', types.boolean, (column) => column.notNull())
    .addColumn('price', types.decimal)
    .addColumn('due_at', types.instant)
    .addColumn('tags', types.json, (column) => column.notNull().defaultTo(defaults.json([])))
    .addColumn('search_text', types.text, (column) => column.notNull())
    .addColumn('revision', types.integer, (column) => column.notNull())
    .execute()
}
