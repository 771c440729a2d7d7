/**
 * Opens a store by URL. Which backends an application may use is its own list; none is loaded before its URL is opened.
 */
import type { Backend } from '../contract/backend.ts'
import type { Store } from '../contract/store.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { createEngineStore } from '../store/engine-store.ts'
import { assertKnownOptions, resolveStoreOptions, STORE_OPTION_NAMES, type StoreOptions } from './store-options.ts'
import { parseStoreUrl } from './store-url.ts'

/** Options of {@link openStore}. */
export interface OpenStoreOptions extends StoreOptions {
  /** The backends that may be opened; the URL's scheme chooses among them. */
  readonly backends: readonly Backend[]
  /** Gives up opening. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the database that `url` names.
 *
 * @throws INVALID_ARGUMENT for a URL or an option that is not acceptable, and what the backend's own `open` throws.
 */
export async function openStore<DB = any>(url: string | undefined, options: OpenStoreOptions): Promise<Store<DB>> {
  assertKnownOptions(options, [...STORE_OPTION_NAMES, 'backends', 'signal'], 'openStore')
  const resolved = resolveStoreOptions(options)
  const parsed = parseStoreUrl(url as string)
  const backend = findBackend(options.backends, parsed.scheme)
  const engine = await backend.open({
    url: parsed,
    clock: resolved.clock,
    log: resolved.logger,
    signal: options.signal,
  })
  return createEngineStore<DB>(engine, resolved)
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
