/** The options of the WASM backend, checked. */
import { invalidArgument, StoreError, type StoreOptions } from '@upkeep/core'
import { type ResolvedSqliteOptions, resolveSqliteOptions, type SqliteOptions } from '@upkeep/core/sqlite'

/** What the WASM backend takes: what all SQLite backends do. */
export interface WasmOptions extends SqliteOptions {}

/** Options of `openWasmStore`. */
export interface WasmStoreOptions<DB = any> extends WasmOptions, StoreOptions<DB> {
  /** `:memory:` */
  readonly path: string
}

/** {@link WasmOptions} with their defaults. */
export interface ResolvedWasmOptions {
  readonly sqlite: ResolvedSqliteOptions
}

/** Checks the options of the WASM backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveWasmOptions(options: WasmOptions, operation: string): ResolvedWasmOptions {
  return { sqlite: resolveSqliteOptions(options, [], operation) }
}

/** @throws UNSUPPORTED for a file, which nothing here could lock; INVALID_ARGUMENT for what is no name */
export function assertMemory(path: unknown): void {
  if (typeof path !== 'string' || path === '') throw invalidArgument('path must be :memory:', 'open')
  if (path !== ':memory:') {
    const message =
      'SQLite WASM opens no files in Node: its locks would not be those of other processes. ' +
      'Use @upkeep/sqlite-native for a file, or :memory:'
    throw new StoreError('UNSUPPORTED', message, { operation: 'open' })
  }
}
