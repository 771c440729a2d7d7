/** The WASM backend, by URL and by options. */
import { type Backend, givenOptions, openBackendStore, type Store, splitStoreOptions } from '@upkeep/core'
import { sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import { openWasmEngine } from './open-wasm-engine.ts'
import { resolveWasmDatabase } from './wasm-database.ts'
import { resolveWasmOptions, type WasmOptions, type WasmStoreOptions } from './wasm-options.ts'

/**
 * The backend for `openStore('opfs:name')` in a browser, and for `openStore('sqlite::memory:')` without a native module.
 * Options given here win over those in the URL. SQLite is loaded when a database is opened, in a worker of its own.
 *
 * @throws INVALID_ARGUMENT; what opening throws is that of {@link openWasmStore}
 */
export function sqliteWasm(options: WasmOptions = {}): Backend {
  resolveWasmOptions(options, 'sqliteWasm')
  return {
    name: 'sqlite-wasm',
    schemes: ['sqlite', 'opfs'],
    open: async ({ url, ...runtime }) => {
      const merged = resolveWasmOptions({ ...sqliteOptionsFromUrl(url.options), ...givenOptions(options) }, 'open')
      return openWasmEngine(resolveWasmDatabase(url.scheme, url.path), merged, runtime)
    },
  }
}

/**
 * Opens a database in OPFS or in memory, in a worker of its own.
 *
 * @throws INVALID_ARGUMENT, ABORTED; BUSY for a database that another tab has open, naming it; UNSUPPORTED for a file,
 * where there is no OPFS, and where the module cannot be loaded; FULL, CORRUPT; what `store.migrate()` throws, and the
 * error of `onOpen`
 */
export async function openWasmStore<DB = any>(options: WasmStoreOptions<DB>): Promise<Store<DB>> {
  const { store, backend } = splitStoreOptions(options)
  const { path, ...wasm } = backend
  return openBackendStore<DB>(sqliteWasm(wasm), path, store)
}
