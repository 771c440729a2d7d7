/** Opens the engine of the WASM backend in Node: a worker thread, a database in memory. */
import type { AmbientScope, Clock, Engine, StoreLog } from '@upkeep/core'
import { assertDatabaseName, openRemoteSqlite } from '@upkeep/core/sqlite'
import { createFlagStopper } from './flag-stopper.ts'
import { StopFlags } from './stop-flags.ts'
import type { WasmOpenOptions } from './wasm-host.ts'
import { assertMemory, type ResolvedWasmOptions } from './wasm-options.ts'

/** What comes from the store. */
export interface WasmRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** @throws StoreError; then no worker is left */
export async function openWasmEngine(
  path: string,
  { sqlite }: ResolvedWasmOptions,
  runtime: WasmRuntime,
): Promise<Engine> {
  assertMemory(path)
  assertDatabaseName(path, sqlite)
  const { AsyncLocalStorage } = await import('node:async_hooks')
  const { startNodeWorker } = await import('./start-node-worker.ts')
  const flags = new StopFlags()
  return openRemoteSqlite({
    ...startNodeWorker(),
    stopper: createFlagStopper(flags),
    options: { sqlite, stopFlags: flags.buffer } satisfies WasmOpenOptions,
    asyncContext: new AsyncLocalStorage<AmbientScope | undefined>(),
    ...runtime,
  })
}
