/**
 * The backend: its scheme, and what only Node has. Options, locks, values, errors and maintenance are the core's.
 *
 * It makes no directories. It has no other process, so there is no full VACUUM, and long maintenance holds the thread.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type AmbientScope, type Backend, openStore, type Store, type StoreOptions } from '@upkeep/core'
import { openSqliteEngine, resolveSqliteOptions, type SqliteOptions, sqliteOptionsFromUrl } from '@upkeep/core/sqlite'
import { nodeFiles, preparePath } from './node-files.ts'

/** The backend for `openStore('node-sqlite:…')`. Options given here win over those in the URL. @throws INVALID_ARGUMENT */
export function nodeSqlite(options: SqliteOptions = {}): Backend {
  resolveSqliteOptions(options, [], 'nodeSqlite')
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return {
    name: 'node-sqlite',
    schemes: ['node-sqlite'],
    open: async ({ url, ...runtime }) => {
      const resolved = resolveSqliteOptions({ ...sqliteOptionsFromUrl(url.options), ...given }, [], 'open')
      // Not before: an application may register backends whose driver its Node does not have.
      const { nodeSqlitePort } = await import('./node-sqlite-port.ts')
      return openSqliteEngine({
        name: 'node-sqlite',
        port: nodeSqlitePort,
        path: preparePath(url.path, resolved.readOnly),
        options: resolved,
        files: nodeFiles,
        asyncContext: new AsyncLocalStorage<AmbientScope | undefined>(),
        ownerName: `process ${process.pid}`,
        ...runtime,
      })
    },
  }
}

/** Opens the file at `path`, or a database in memory for `:memory:`. @throws StoreError */
export async function openNodeSqliteStore<DB = any>(
  path: string,
  options?: SqliteOptions,
  storeOptions?: StoreOptions,
): Promise<Store<DB>> {
  // By way of a URL, so that there is one grammar of names.
  return openStore<DB>(`node-sqlite:${encodeURIComponent(path)}`, { ...storeOptions, backends: [nodeSqlite(options)] })
}
