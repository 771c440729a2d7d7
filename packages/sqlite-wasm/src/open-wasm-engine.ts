/** Opens the engine of the WASM backend, by the ways of the runtime. */
import type { Engine } from '@upkeep/core'
import { assertDatabaseName } from '@upkeep/core/sqlite'
import { openBrowserEngine } from './open-browser-engine.ts'
import type { WasmDatabase } from './wasm-database.ts'
import type { ResolvedWasmOptions, WasmRuntime } from './wasm-options.ts'

declare const process: { readonly versions?: { readonly node?: string } } | undefined

/** @throws StoreError; then no worker is left */
export async function openWasmEngine(
  database: WasmDatabase,
  options: ResolvedWasmOptions,
  runtime: WasmRuntime,
): Promise<Engine> {
  assertDatabaseName(database.opfsName ?? ':memory:', options.sqlite)
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    return openBrowserEngine(database, options, runtime)
  }
  const { openNodeEngine } = await import('./open-node-engine.ts')
  return openNodeEngine(database, options, runtime)
}
