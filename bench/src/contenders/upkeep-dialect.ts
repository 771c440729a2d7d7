/**
 * Upkeep's dialect alone, in a Kysely of one's own: its sessions and values under Kysely's own executor, without a store.
 */
import { Kysely } from 'kysely'
import { BUSY_TIMEOUT_MS, type Contender, type ContenderOptions } from './contender.ts'
import { createKyselyOperations } from './kysely-operations.ts'
import { type Schema, TYPED_COLUMNS } from './schema.ts'

/** See the module. */
export async function openUpkeepDialect(options: ContenderOptions): Promise<Contender> {
  const { SqliteNativeDialect } = await import('@upkeep/sqlite-native')
  const { path, durability } = options
  const dialect = new SqliteNativeDialect({ path, durability, busyTimeoutMs: BUSY_TIMEOUT_MS })
  const db = new Kysely<Schema>({ dialect })
  return {
    ...createKyselyOperations<Schema>(db, (work) => db.transaction().execute(work)),
    typedSelect: (id) => db.selectFrom('typed_item').select(TYPED_COLUMNS).where('id', '=', id).executeTakeFirst(),
    close: () => db.destroy(),
  }
}
