/**
 * Opens a store by URL. Which backends an application may use is its own list; none is loaded before its URL is opened.
 */

import { assertNotAborted } from '../abort/abort-error.ts'
import type { Backend } from '../contract/backend.ts'
import type { Store } from '../contract/store.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { createEngineStore } from '../store/engine-store.ts'
import { assertKnownOptions } from './check-options.ts'
import { prepareStore } from './prepare-store.ts'
import {
  type ResolvedStoreOptions,
  resolveStoreOptions,
  STORE_OPTION_NAMES,
  type StoreOptions,
} from './store-options.ts'
import { parseStoreUrl, type StoreUrl, storeUrlScheme } from './store-url.ts'

/** Options of {@link openStore}. */
export interface OpenStoreOptions<DB = any> extends StoreOptions<DB> {
  /** The backends that may be opened; the URL's scheme chooses among them. */
  readonly backends: readonly Backend[]
}

/**
 * Opens the database that `url` names.
 *
 * @throws INVALID_ARGUMENT for a URL or an option that is not acceptable, ABORTED, and what the backend says: for native
 * SQLite what `openSqliteStore` throws; what `store.migrate()` throws, and the error of `onOpen`
 */
export async function openStore<DB = any>(url: string | undefined, options: OpenStoreOptions<DB>): Promise<Store<DB>> {
  assertKnownOptions(options, [...STORE_OPTION_NAMES, 'backends'], 'openStore')
  const resolved = resolveStoreOptions(options)
  const backend = findBackend(options.backends, storeUrlScheme(url))
  const parsed = parseStoreUrl(url)
  return openEngineStore<DB>(backend, parsed, resolved)
}

/**
 * Opens a database of one backend by its path or name, without a URL: what a backend's own `openXStore` is made of.
 *
 * @throws INVALID_ARGUMENT, ABORTED, what the backend's `open` and `store.migrate()` throw, and the error of `onOpen`
 */
export async function openBackendStore<DB = any>(
  backend: Backend,
  path: string,
  options: StoreOptions<DB> = {},
): Promise<Store<DB>> {
  assertKnownOptions(options, STORE_OPTION_NAMES, 'open')
  const [scheme = ''] = backend.schemes
  return openEngineStore<DB>(backend, { scheme, path, options: new Map() }, resolveStoreOptions(options))
}

async function openEngineStore<DB>(
  backend: Backend,
  url: StoreUrl,
  options: ResolvedStoreOptions<DB>,
): Promise<Store<DB>> {
  const { clock, logger, signal } = options
  assertNotAborted(signal, 'open')
  const startedMs = clock.monotonicMs()
  const engine = await backend.open({ url, clock, log: logger, signal })
  const store = createEngineStore<DB>(engine, options)
  await prepareStore(store, options)
  logger.debug?.('store opened', { backend: engine.name, durationMs: clock.monotonicMs() - startedMs })
  return store
}

function findBackend(backends: readonly Backend[], scheme: string): Backend {
  if (!Array.isArray(backends) || backends.length === 0) {
    throw invalidArgument('openStore needs backends, for example { backends: [sqliteNative()] }', 'open')
  }
  const backend = backends.find((candidate) => candidate.schemes.includes(scheme))
  if (backend === undefined) {
    const known = backends.flatMap((candidate) => candidate.schemes).map((name) => `${name}:`)
    throw invalidArgument(`no backend for ${scheme}: URLs; the given backends open ${known.join(', ')}`, 'open')
  }
  return backend
}
