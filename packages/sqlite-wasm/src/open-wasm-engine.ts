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
  const { leaseNodeWorker } = await import('./lease-node-worker.ts')
  const { compileSqlite3 } = await import('./compile-module.ts')
  const compiled = await compileSqlite3()
  const flags = new StopFlags()
  return openRemoteSqlite({
    ...leaseNodeWorker(),
    stopper: createFlagStopper(flags),
    options: { sqlite, stopFlags: flags.buffer, compiled } satisfies WasmOpenOptions,
    asyncContext: new AsyncLocalStorage<AmbientScope | undefined>(),
    ...runtime,
  })
}
