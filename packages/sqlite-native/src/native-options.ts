/** The options of the native SQLite backend, checked. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assertWholeOption, invalidArgument, type StoreOptions } from '@upkeep/core'
import { type ResolvedSqliteOptions, resolveSqliteOptions, type SqliteOptions } from '@upkeep/core/sqlite'

/** What the native backend takes besides {@link SqliteOptions}. */
export interface NativeOptions extends SqliteOptions {
  /** Makes missing directories on the way to the file, with mode 0750. @default true */
  readonly createDirectory?: boolean | undefined
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
   * In milliseconds: how long a single statement may hold the caller's thread before it is stopped and run again on a
   * worker. `false`: to its end. @default 20
   */
  readonly inlineBudgetMs?: number | false | undefined
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
  readonly setup: ConnectionSetup
}

export const NATIVE_OPTION_NAMES = [
  'createDirectory',
  'extensions',
  'setupModule',
  'interrupt',
  'inlineBudgetMs',
] as const

/** Those that are no text in a URL. */
export const NATIVE_DEFAULTS = { createDirectory: true, interrupt: true, inlineBudgetMs: 20 } as const

/** Checks the options of the native backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveNativeOptions(options: NativeOptions, operation: string): ResolvedNativeOptions {
  const { extensions = [], setupModule } = options
  const {
    createDirectory = NATIVE_DEFAULTS.createDirectory,
    interrupt = NATIVE_DEFAULTS.interrupt,
    inlineBudgetMs = NATIVE_DEFAULTS.inlineBudgetMs,
  } = options
  const sqlite = resolveSqliteOptions(options, NATIVE_OPTION_NAMES, operation)
  if (typeof createDirectory !== 'boolean') throw invalidArgument('createDirectory must be true or false', operation)
  if (inlineBudgetMs !== false) assertWholeOption(inlineBudgetMs, 'inlineBudgetMs', 1, 2 ** 31 - 1)
  if (typeof interrupt !== 'boolean') throw invalidArgument('interrupt must be true or false', operation)
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
    setup: {
      extensions: extensions.map(absolutePath),
      setupModule: setupModule && moduleUrl(setupModule.toString()),
    },
  }
}

/** Resolved once: the maintenance process starts later, when the working directory may be another. */
function absolutePath(path: string): string {
  // A mere name is looked for by the system's loader.
  return /[\\/]/.test(path) ? resolve(path) : path
}

function moduleUrl(module: string): string {
  return /^[a-z]+:\/\//i.test(module) ? module : pathToFileURL(module).href
}
