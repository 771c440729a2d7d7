/**
 * Stock Kysely: its own `SqliteDialect` over better-sqlite3, which prepares every statement anew.
 */
import { Kysely, SqliteDialect } from 'kysely'
import type { Contender, ContenderOptions } from './contender.ts'
import { createKyselyOperations } from './kysely-operations.ts'
import { decodeTypedItem, openDatabase } from './raw.ts'
import { type StoredSchema, TYPED_COLUMNS } from './schema.ts'

/** See the module. */
export async function openKysely(options: ContenderOptions): Promise<Contender> {
  const database = openDatabase(options)
  const db = new Kysely<StoredSchema>({ dialect: new SqliteDialect({ database }) })
  return {
    ...createKyselyOperations<StoredSchema>(db, (work) => db.transaction().execute(work)),
    typedSelect: async (id) => {
      const row = await db.selectFrom('typed_item').select(TYPED_COLUMNS).where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : decodeTypedItem(row)
    },
    close: () => db.destroy(),
  }
}
