/** The native SQLite backend, by URL and by options. */
import { type Backend, createEngineStore, resolveStoreOptions, type Store } from '@upkeep/core'
import { sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import {
  type NativeOptions,
  resolveNativeOptions,
  type SqliteStoreOptions,
  splitStoreOptions,
} from './native-options.ts'
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
      const merged = resolveNativeOptions({ ...sqliteOptionsFromUrl(url.options), ...options }, 'open')
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
  const { path, store, native } = splitStoreOptions(options)
  const resolved = resolveStoreOptions(store)
  const engine = await openNativeEngine(path, resolveNativeOptions(native, 'openSqliteStore'), {
    clock: resolved.clock,
    log: resolved.logger,
  })
  return createEngineStore<DB>(engine, resolved)
}
