/** The native SQLite backend, by URL and by options. */
import {
  type Backend,
  givenOptions,
  invalidArgument,
  openBackendStore,
  type Store,
  splitStoreOptions,
} from '@upkeep/core'
import { sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import { NATIVE_DEFAULTS, type NativeOptions, resolveNativeOptions, type SqliteStoreOptions } from './native-options.ts'
import { openNativeEngine } from './open-native-engine.ts'

/** A URL comes from the environment; it chooses a database, not what runs. */
const CODE_OPTIONS = ['extensions', 'setupModule'] as const

/**
 * The backend for `openStore('sqlite:…')`. Options given here win over those in the URL. The driver is loaded when a
 * database is opened.
 *
 * @throws INVALID_ARGUMENT; what opening throws is that of {@link openSqliteStore}
 */
export function sqliteNative(options: NativeOptions = {}): Backend {
  resolveNativeOptions(options, 'sqliteNative')
  return {
    name: 'sqlite-native',
    schemes: ['sqlite'],
    open: async ({ url, ...runtime }) => {
      for (const name of CODE_OPTIONS) {
        if (url.options.has(name)) throw invalidArgument(`${name} runs code, so it is not taken from a URL`, 'open')
      }
      const merged = resolveNativeOptions(
        { ...sqliteOptionsFromUrl(url.options, NATIVE_DEFAULTS), ...givenOptions(options) },
        'open',
      )
      return openNativeEngine(url.path, merged, runtime)
    },
  }
}

/**
 * Opens a SQLite file, or a database in memory.
 *
 * @throws INVALID_ARGUMENT, PERMISSION, READONLY, FULL, ABORTED; BUSY for a lock of another process; CORRUPT for a file
 * that is no database; CONNECTION where SQLite cannot open or read it; UNSUPPORTED for a Node that is too old, or a
 * driver that cannot be loaded; what `store.migrate()` throws, and the error of `onOpen`
 */
export async function openSqliteStore<DB = any>(options: SqliteStoreOptions<DB>): Promise<Store<DB>> {
  const { store, backend } = splitStoreOptions(options)
  const { path, ...native } = backend
  return openBackendStore<DB>(sqliteNative(native), path, store)
}
