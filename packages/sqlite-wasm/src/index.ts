/** @upkeep/sqlite-wasm: SQLite without native modules, in a worker of its own. */
export type { RemoteHandle } from '@upkeep/core/sqlite'
export { exportDatabase } from './export-database.ts'
export { type DatabaseSource, type ImportReport, importDatabase } from './import-database.ts'
export { openWasmStore, sqliteWasm } from './sqlite-wasm.ts'
export { SqliteWasmDialect, type SqliteWasmDialectOptions } from './sqlite-wasm-dialect.ts'
export type { ExportContext, ExportProgress, ImportContext, ImportProgress } from './transfer-context.ts'
export type { WasmOptions, WasmStoreOptions } from './wasm-options.ts'
