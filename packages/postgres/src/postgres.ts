/** The Postgres backend, by URL and by options. */
import { type Backend, openBackendStore, type Store, type StoreOptions, splitStoreOptions } from '@upkeep/core'
import { openPostgresEngine } from './open-postgres-engine.ts'
import { type PostgresOptions, resolvePostgresOptions } from './postgres-options.ts'
import { resolveTarget, type TargetOptions } from './postgres-target.ts'

/** Options of {@link openPostgresStore}. */
export interface PostgresStoreOptions<DB = any> extends TargetOptions, StoreOptions<DB> {}

/**
 * The backend for `openStore('postgres://…')` and `postgresql://…`. Options given here win over those in the URL. The
 * driver is loaded when a database is opened.
 *
 * @throws INVALID_ARGUMENT; what opening throws is that of {@link openPostgresStore}
 */
export function postgres(options: PostgresOptions = {}): Backend {
  resolvePostgresOptions(options, 'postgres')
  return {
    name: 'postgres',
    schemes: ['postgres', 'postgresql'],
    open: async ({ url, ...runtime }) => openPostgresEngine(resolveTarget({ url: url.path, ...options }), runtime),
  }
}

/**
 * Opens a store on a Postgres server.
 *
 * @throws INVALID_ARGUMENT, ABORTED; CONNECTION where the server cannot be reached, PERMISSION where it lets us not in,
 * BUSY where it has no connection left, TIMEOUT where it does not answer; UNSUPPORTED for a driver that cannot be loaded;
 * what `store.migrate()` throws, and the error of `onOpen`
 */
export async function openPostgresStore<DB = any>(options: PostgresStoreOptions<DB>): Promise<Store<DB>> {
  const { store, backend } = splitStoreOptions(options)
  const target = resolveTarget(backend)
  const opened: Backend = { ...postgres(), open: (runtime) => openPostgresEngine(target, runtime) }
  return openBackendStore<DB>(opened, target.location, store)
}
