/**
 * Upkeep's store over native SQLite, through Kysely's builder: what an application of ours runs. The package is loaded
 * only here, so that the other contenders run where it is not built.
 */
import { BUSY_TIMEOUT_MS, type Contender, type ContenderOptions } from './contender.ts'
import { createKyselyOperations } from './kysely-operations.ts'
import { type Schema, TYPED_COLUMNS } from './schema.ts'

/** See the module. */
export async function openUpkeep(options: ContenderOptions): Promise<Contender> {
  const { openSqliteStore } = await import('@upkeep/sqlite-native')
  const { path, durability } = options
  const store = await openSqliteStore<Schema>({ path, durability, busyTimeoutMs: BUSY_TIMEOUT_MS })
  return {
    ...createKyselyOperations<Schema>(store.db, (work) => store.transaction(work)),
    typedSelect: (id) =>
      store.db.selectFrom('typed_item').select(TYPED_COLUMNS).where('id', '=', id).executeTakeFirst(),
    close: () => store.close({ maintenanceOnClose: false }),
  }
}
