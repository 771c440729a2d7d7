/** The native SQLite backend, by URL and by options. */
import { type Backend, givenOptions, openBackendStore, type Store, splitStoreOptions } from '@upkeep/core'
import { sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import { type NativeOptions, resolveNativeOptions, type SqliteStoreOptions } from './native-options.ts'
import { openNativeEngine } from './open-native-engine.ts'

/**
 * The backend for `openStore('sqlite:…')`. Options given here win over those in the URL. The driver is loaded when a
 * database is opened.
 *
 * @throws INVALID_ARGUMENT
 */
export function sqliteNative(options: NativeOptions = {}): Backend {
  resolveNativeOptions(options, 'sqliteNative')
  return {
    name: 'sqlite-native',
    schemes: ['sqlite'],
    open: async ({ url, ...runtime }) => {
      const merged = resolveNativeOptions({ ...sqliteOptionsFromUrl(url.options), ...givenOptions(options) }, 'open')
      return openNativeEngine(url.path, merged, runtime)
    },
  }
}

/**
 * Opens a SQLite file, or a database in memory.
 *
 * @throws INVALID_ARGUMENT, PERMISSION, CORRUPT, BUSY, FULL, READONLY, UNSUPPORTED
 */
export async function openSqliteStore<DB = any>(options: SqliteStoreOptions): Promise<Store<DB>> {
  const { store, backend } = splitStoreOptions(options)
  const { path, ...native } = backend
  return openBackendStore<DB>(sqliteNative(native), path, store)
}
