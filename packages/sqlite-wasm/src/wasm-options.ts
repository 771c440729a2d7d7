/** The options of the WASM backend, checked. */
import { assertFunctionOption, assertOneOf, type Clock, type StoreLog, type StoreOptions } from '@upkeep/core'
import { type ResolvedSqliteOptions, resolveSqliteOptions, type SqliteOptions } from '@upkeep/core/sqlite'

/** What the WASM backend takes: what all SQLite backends do, and what a browser may be asked for. */
export interface WasmOptions extends SqliteOptions {
  /**
   * Whether the browser is asked to keep the data of this origin when it needs room for others, before a database in OPFS
   * is opened. It may ask the user, or refuse: then `health()` has `storage_persistent` as a warning.
   * Source: https://developer.mozilla.org/docs/Web/API/StorageManager/persist
   * @default false
   */
  readonly persist?: boolean | undefined
  /**
   * Called when another tab has migrations to run on this database in OPFS, and waits for this store to be closed: close it,
   * and load the page anew. May be called again. @default a warning in the log
   */
  readonly onVersionChange?: (() => unknown) | undefined
}

/** The defaults of what {@link WasmOptions} adds. */
export const WASM_DEFAULTS: { readonly persist: boolean; readonly onVersionChange: undefined } = Object.freeze({
  persist: false,
  onVersionChange: undefined,
})

/** Options of `openWasmStore`. */
export interface WasmStoreOptions<DB = any> extends WasmOptions, StoreOptions<DB> {
  /** `:memory:`, or in a browser `opfs:name`. */
  readonly path: string
}

/** {@link WasmOptions} with their defaults. */
export interface ResolvedWasmOptions {
  readonly sqlite: ResolvedSqliteOptions
  readonly persist: boolean
  readonly onVersionChange: (() => unknown) | undefined
}

/** What comes from the store. */
export interface WasmRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** Checks the options of the WASM backend and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveWasmOptions(options: WasmOptions, operation: string): ResolvedWasmOptions {
  const { persist = WASM_DEFAULTS.persist, onVersionChange } = options
  assertOneOf(persist, 'persist', [true, false])
  assertFunctionOption(onVersionChange, 'onVersionChange')
  return { persist, onVersionChange, sqlite: resolveSqliteOptions(options, Object.keys(WASM_DEFAULTS), operation) }
}
