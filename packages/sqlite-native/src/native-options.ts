/** The options of the native SQLite backend, checked. */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  assertWholeOption,
  givenOptions,
  invalidArgument,
  type StoreOptions,
} from '@upkeep/core'
import {
  type ExecutorPoolOptions,
  type OnReplaced,
  type ResolvedSqliteOptions,
  resolveSqliteOptions,
  type SqliteOptions,
} from '@upkeep/core/sqlite'
import type { NetworkFileSystemPolicy } from './file-system.ts'

/** What the native backend takes besides {@link SqliteOptions}. */
export interface NativeOptions extends SqliteOptions {
  /** Makes missing directories on the way to the file, with mode 0750. @default true */
  readonly createDirectory?: boolean | undefined
  /**
   * What is done when another file is found at the path, or none. `fail`: everything rejects with `REPLACED`, until
   * `store.reopen()`. `reopen`: the next operation outside of a transaction opens the new file and goes on with it.
   * @default 'fail'
   */
  readonly onReplaced?: OnReplaced | undefined
  /**
   * What is done about a network file system, a drive that is shared with another system (WSL, a virtual machine), or
   * FUSE: `refuse` it with `UNSUPPORTED`, open it with a `rollback-journal` and one connection, or `warn` and go on in
   * WAL mode. Recognised on Linux only. Source: https://www.sqlite.org/wal.html
   * @default 'rollback-journal', and 'warn' for FUSE
   */
  readonly networkFileSystem?: NetworkFileSystemPolicy | undefined
  /**
   * Loadable extensions, by path, for every connection. Not in a store URL. Source: https://www.sqlite.org/loadext.html
   * @default none
   */
  readonly extensions?: readonly string[] | undefined
  /**
   * A module whose default export gets every better-sqlite3 connection when it is opened, to define functions on it;
   * also in the process that vacuums. A `file:` URL or a path, relative to the working directory. The function must not
   * be async. Not in a store URL.
   * @default none
   */
  readonly setupModule?: string | URL | undefined
  /**
   * Loads a small library of this package on every connection, by which running statements are stopped. `false` loads
   * nothing and starts no watchdog; statements then run to their end. Source: https://www.sqlite.org/c3ref/interrupt.html
   * @default true
   */
  readonly interrupt?: boolean | undefined
  /**
   * In milliseconds: how long a statement on its own may hold the event loop. One that takes longer is stopped, runs again
   * on a worker thread, and goes there at once the next time. `false`: none is moved for its length, and those with a
   * signal run on a worker from the start. Needs `interrupt`.
   * @default 15
   */
  readonly inlineBudgetMs?: number | false | undefined
  /** Worker threads of the store. Not in a store URL. */
  readonly pool?: WorkerPoolOptions | undefined
}

/** How many worker threads a store may have, and for how long. */
export interface WorkerPoolOptions {
  /** At the same time; one of several is kept for writing. @default 4, or the number of cores if that is smaller */
  readonly max?: number | undefined
  /** In milliseconds: how long one is kept that has nothing to do. @default 10000 */
  readonly idleTimeoutMs?: number | undefined
  /** In milliseconds: one that is older is not used again. @default 600000 */
  readonly maxLifetimeMs?: number | undefined
  /** How many are started with the store and kept, however idle they are. @default 0 */
  readonly warm?: number | undefined
}

/** Options of `openSqliteStore`. */
export interface SqliteStoreOptions<DB = any> extends NativeOptions, StoreOptions<DB> {
  /** A path, relative to the working directory, or `:memory:`. */
  readonly path: string
}

/** How a connection is set up, in a form that can be sent to another process. */
export interface ConnectionSetup {
  readonly extensions: readonly string[]
  readonly setupModule: string | undefined
}

/** {@link NativeOptions} with their defaults. */
export interface ResolvedNativeOptions {
  readonly sqlite: ResolvedSqliteOptions
  readonly createDirectory: boolean
  readonly interrupt: boolean
  readonly inlineBudgetMs: number | false
  readonly pool: ExecutorPoolOptions
  readonly onReplaced: OnReplaced
  readonly networkFileSystem: NetworkFileSystemPolicy | undefined
  readonly setup: ConnectionSetup
}

export const NATIVE_OPTION_NAMES = [
  'createDirectory',
  'onReplaced',
  'networkFileSystem',
  'extensions',
  'setupModule',
  'interrupt',
  'inlineBudgetMs',
  'pool',
] as const

/** Those that can stand in a URL. */
export const NATIVE_DEFAULTS = { createDirectory: true, interrupt: true, inlineBudgetMs: 15 } as const

/** The defaults of {@link WorkerPoolOptions}. */
export const POOL_DEFAULTS: ExecutorPoolOptions = {
  max: Math.min(4, availableParallelism()),
  idleTimeoutMs: 10_000,
  maxLifetimeMs: 600_000,
  warm: 0,
}

/** Checks the options of the native backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveNativeOptions(options: NativeOptions, operation: string): ResolvedNativeOptions {
  const { onReplaced = 'fail', networkFileSystem, extensions = [], setupModule } = options
  const {
    createDirectory = NATIVE_DEFAULTS.createDirectory,
    interrupt = NATIVE_DEFAULTS.interrupt,
    inlineBudgetMs = NATIVE_DEFAULTS.inlineBudgetMs,
  } = options
  const sqlite = resolveSqliteOptions(options, NATIVE_OPTION_NAMES, operation)
  if (typeof createDirectory !== 'boolean') throw invalidArgument('createDirectory must be true or false', operation)
  if (inlineBudgetMs !== false) assertWholeOption(inlineBudgetMs, 'inlineBudgetMs', 1, 2 ** 31 - 1)
  if (typeof interrupt !== 'boolean') throw invalidArgument('interrupt must be true or false', operation)
  assertOneOf(onReplaced, 'onReplaced', ['fail', 'reopen'])
  if (networkFileSystem !== undefined) {
    assertOneOf(networkFileSystem, 'networkFileSystem', ['refuse', 'rollback-journal', 'warn'])
  }
  if (!Array.isArray(extensions) || extensions.some((extension) => typeof extension !== 'string' || extension === '')) {
    throw invalidArgument('extensions must be an array of paths', operation)
  }
  if (setupModule !== undefined && typeof setupModule !== 'string' && !(setupModule instanceof URL)) {
    throw invalidArgument('setupModule must be a path or a URL', operation)
  }
  return {
    sqlite,
    createDirectory,
    interrupt,
    inlineBudgetMs,
    pool: resolvePool(options.pool, operation),
    onReplaced,
    networkFileSystem,
    setup: {
      extensions: extensions.map(absolutePath),
      setupModule: setupModule && moduleUrl(setupModule.toString()),
    },
  }
}

function resolvePool(pool: WorkerPoolOptions | undefined, operation: string): ExecutorPoolOptions {
  if (pool === undefined) return POOL_DEFAULTS
  assertKnownOptions(pool, Object.keys(POOL_DEFAULTS), `${operation} pool`)
  const resolved: ExecutorPoolOptions = {
    ...POOL_DEFAULTS,
    ...(givenOptions(pool) as Partial<ExecutorPoolOptions>),
  }
  assertWholeOption(resolved.max, 'pool.max', 1, 64)
  assertNumberOption(resolved.idleTimeoutMs, 'pool.idleTimeoutMs', 0)
  assertNumberOption(resolved.maxLifetimeMs, 'pool.maxLifetimeMs', 0)
  assertWholeOption(resolved.warm, 'pool.warm', 0, resolved.max)
  return resolved
}

/** Resolved once: the maintenance process starts later, when the working directory may be another. */
function absolutePath(path: string): string {
  // A mere name is looked for by the system's loader.
  return /[\\/]/.test(path) ? resolve(path) : path
}

function moduleUrl(module: string): string {
  return /^[a-z]+:\/\//i.test(module) ? module : pathToFileURL(module).href
}
