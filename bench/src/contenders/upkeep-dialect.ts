/**
 * Upkeep's dialect alone, in a Kysely of one's own: its sessions and values under Kysely's own executor, without a store.
 */
import { Kysely } from 'kysely'
import type { Contender, ContenderOptions } from './contender.ts'
import { createKyselyOperations } from './kysely-operations.ts'
import { type Schema, TYPED_COLUMNS } from './schema.ts'

/** See the module. */
export async function openUpkeepDialect(options: ContenderOptions): Promise<Contender> {
  const { SqliteNativeDialect } = await import('@upkeep/sqlite-native')
  const dialect = new SqliteNativeDialect({ path: options.path, durability: options.durability })
  const db = new Kysely<Schema>({ dialect })
  return {
    ...createKyselyOperations<Schema>(db, (work) => db.transaction().execute(work)),
    typedSelect: (id) => db.selectFrom('typed_item').select(TYPED_COLUMNS).where('id', '=', id).executeTakeFirst(),
    close: () => db.destroy(),
  }
}
