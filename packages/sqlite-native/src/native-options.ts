/** The options of the native SQLite backend, checked. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { assertOneOf, invalidArgument, type StoreOptions } from '@upkeep/core'
import {
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
] as const

/** Checks the options of the native backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveNativeOptions(options: NativeOptions, operation: string): ResolvedNativeOptions {
  const { createDirectory = true, onReplaced = 'fail', networkFileSystem, extensions = [], setupModule } = options
  const sqlite = resolveSqliteOptions(options, NATIVE_OPTION_NAMES, operation)
  if (typeof createDirectory !== 'boolean') throw invalidArgument('createDirectory must be true or false', operation)
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
    onReplaced,
    networkFileSystem,
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
