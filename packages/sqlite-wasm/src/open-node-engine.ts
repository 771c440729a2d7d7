/** Opens the engine of the WASM backend in Node: a worker thread, a database in memory. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type AmbientScope, type Engine, StoreError } from '@upkeep/core'
import { openRemoteSqlite } from '@upkeep/core/sqlite'
import { compileSqlite3 } from './compile-module.ts'
import { createFlagStopper } from './flag-stopper.ts'
import { nodeWorkers } from './node-workers.ts'
import { StopFlags } from './stop-flags.ts'
import type { WasmDatabase } from './wasm-database.ts'
import type { WasmOpenOptions } from './wasm-host.ts'
import type { ResolvedWasmOptions, WasmRuntime } from './wasm-options.ts'

/** @throws UNSUPPORTED for a database in OPFS, and what opening says; then no worker is left */
export async function openNodeEngine(
  { opfsName }: WasmDatabase,
  { sqlite }: ResolvedWasmOptions,
  runtime: WasmRuntime,
): Promise<Engine> {
  if (opfsName !== undefined) {
    const message = 'OPFS is in browsers only; in Node use :memory:, or @upkeep/sqlite-native for a file'
    throw new StoreError('UNSUPPORTED', message, { operation: 'open' })
  }
  const flags = new StopFlags()
  const options: WasmOpenOptions = { opfsName, sqlite, stopFlags: flags.buffer, compiled: await compileSqlite3() }
  return openRemoteSqlite({
    ...nodeWorkers.lease(),
    stopper: createFlagStopper(flags),
    options,
    asyncContext: new AsyncLocalStorage<AmbientScope | undefined>(),
    ...runtime,
  })
}
