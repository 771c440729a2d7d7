/** @upkeep/sqlite-wasm: SQLite without native modules, in a worker of its own. */
export type { RemoteHandle } from '@upkeep/core/sqlite'
export { openWasmStore, sqliteWasm } from './sqlite-wasm.ts'
export { SqliteWasmDialect, type SqliteWasmDialectOptions } from './sqlite-wasm-dialect.ts'
export type { WasmOptions, WasmStoreOptions } from './wasm-options.ts'
