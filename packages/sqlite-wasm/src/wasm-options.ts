/** The options of the WASM backend, checked. */
import type { Clock, StoreLog, StoreOptions } from '@upkeep/core'
import { type ResolvedSqliteOptions, resolveSqliteOptions, type SqliteOptions } from '@upkeep/core/sqlite'

/** What the WASM backend takes: what all SQLite backends do. */
export interface WasmOptions extends SqliteOptions {}

/** Options of `openWasmStore`. */
export interface WasmStoreOptions<DB = any> extends WasmOptions, StoreOptions<DB> {
  /** `:memory:`, or in a browser `opfs:name`. */
  readonly path: string
}

/** {@link WasmOptions} with their defaults. */
export interface ResolvedWasmOptions {
  readonly sqlite: ResolvedSqliteOptions
}

/** What comes from the store. */
export interface WasmRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** Checks the options of the WASM backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveWasmOptions(options: WasmOptions, operation: string): ResolvedWasmOptions {
  return { sqlite: resolveSqliteOptions(options, [], operation) }
}
