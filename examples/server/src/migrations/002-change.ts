import { columnDefaults, columnTypes } from '@upkeep/core'
import type { Kysely } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  const types = columnTypes(db)
  await db.schema
    .createTable('change')
    .addColumn('id', types.identity, (column) => column.primaryKey())
    .addColumn('note_id', types.uuid, (column) => column.notNull())
    .addColumn('revision', types.integer, (column) => column.notNull())
    .addColumn('at', types.instant, (column) => column.notNull().defaultTo(columnDefaults(db).now))
    .execute()
  await db.schema.createIndex('change_at').on('change').column('at').execute()
  await db.schema.createIndex('change_note').on('change').columns(['note_id', 'revision']).execute()
}
