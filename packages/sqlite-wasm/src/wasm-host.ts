/**
 * In the worker: opens the engine of `@upkeep/core/sqlite` over the module, beside its database, and serves it.
 */
import type { AsyncContext } from '@upkeep/core'
import { type Channel, openSqliteEngine, type ResolvedSqliteOptions, serveEngine } from '@upkeep/core/sqlite'
import { ProgressStopper } from './progress-stopper.ts'
import { type CompiledModule, loadSqlite3, type Sqlite3 } from './sqlite3-module.ts'
import { StopFlags } from './stop-flags.ts'
import { WasmPort } from './wasm-port.ts'

/** What the worker is asked to open; plain data. */
export interface WasmOpenOptions {
  readonly sqlite: ResolvedSqliteOptions
  /** Where calls are named that are to stop. */
  readonly stopFlags: SharedArrayBuffer | undefined
  /** The WASM module, if it has been compiled. */
  readonly compiled: CompiledModule | undefined
}

let loaded: Promise<Sqlite3> | undefined

/** Once for all databases of this worker. */
function sqlite3(compiled: CompiledModule | undefined): Promise<Sqlite3> {
  loaded ??= loadSqlite3(compiled)
  return loaded
}

/** Serves a database in memory over `channel`, and when it was closed another one. */
export function serveMemory(channel: Channel, asyncContext: AsyncContext | undefined): void {
  serveEngine(channel, async ({ sqlite, stopFlags, compiled }: WasmOpenOptions, runtime) => {
    const flags = stopFlags && new StopFlags(stopFlags)
    const stopper = flags && new ProgressStopper(({ id }) => flags.isStopped(id))
    const port = new WasmPort(await sqlite3(compiled), { vfs: null, stopper })
    return openSqliteEngine({
      name: 'sqlite-wasm',
      port,
      path: ':memory:',
      options: sqlite,
      asyncContext,
      ownThread: true,
      stopper,
      ...runtime,
    })
  })
}
