/**
 * In the worker: opens the engine of `@upkeep/core/sqlite` over the module, beside its database, and serves it.
 */
import type { AsyncContext, Engine } from '@upkeep/core'
import {
  type Channel,
  type HostRuntime,
  openSqliteEngine,
  type ResolvedSqliteOptions,
  serveEngine,
} from '@upkeep/core/sqlite'
import { setRoomReserve } from './full-storage.ts'
import { canImport, importDatabaseHere } from './import-host.ts'
import { MemoryStage } from './memory-stage.ts'
import { lockOpfs } from './opfs-lock.ts'
import { openOpfsPool } from './opfs-pool.ts'
import { OpfsStage } from './opfs-stage.ts'
import { ProgressStopper, type StopProbe } from './progress-stopper.ts'
import { RoomReserve } from './room-reserve.ts'
import { type CompiledModule, loadSqlite3, type Sqlite3 } from './sqlite3-module.ts'
import { StopFlags } from './stop-flags.ts'
import { canProbe, createUrlProbe } from './url-probe.ts'
import { WasmFiles } from './wasm-files.ts'
import { WasmPort } from './wasm-port.ts'
import { WriteGate } from './write-gate.ts'

/** What the worker is asked to open; plain data. */
export interface WasmOpenOptions {
  /** Of a database in OPFS; `undefined` for one in memory. */
  readonly opfsName: string | undefined
  readonly sqlite: ResolvedSqliteOptions
  /** Where calls are named that are to stop. */
  readonly stopFlags?: SharedArrayBuffer | undefined
  /** A URL that can be read, where signals are shown by such. */
  readonly probeUrl?: string | undefined
  /** The WASM module, if it has been compiled. */
  readonly compiled?: CompiledModule | undefined
}

let loaded: Promise<Sqlite3> | undefined

/** Once for all databases of this worker. */
function sqlite3(compiled: CompiledModule | undefined): Promise<Sqlite3> {
  loaded ??= loadSqlite3(compiled)
  return loaded
}

/** Serves a database over `channel`, and when it was closed another one. */
export function serveWasm(channel: Channel, asyncContext: AsyncContext | undefined): void {
  const open = (options: WasmOpenOptions, runtime: HostRuntime): Promise<Engine> =>
    options.opfsName === undefined
      ? openMemory(options, runtime, asyncContext)
      : openOpfs(options.opfsName, options, runtime)
  serveEngine(channel, open, { import: importDatabaseHere })
}

async function openMemory(
  options: WasmOpenOptions,
  runtime: HostRuntime,
  asyncContext: AsyncContext | undefined,
): Promise<Engine> {
  const { progress, stopper } = createStopper(options)
  const module = await sqlite3(options.compiled)
  const port = new WasmPort(module, { vfs: null, progress })
  const { sqlite } = options
  const engine = await openSqliteEngine({
    name: 'sqlite-wasm',
    port,
    path: ':memory:',
    options: sqlite,
    asyncContext,
    ownThread: true,
    stopper,
    ...runtime,
  })
  canImport(engine, { port, progress, openStage: async (size) => new MemoryStage(module, port, size) })
  return engine
}

/** The lock before anything that touches the files, and given back when they are closed. */
async function openOpfs(name: string, options: WasmOpenOptions, runtime: HostRuntime): Promise<Engine> {
  const { sqlite } = options
  const module = await sqlite3(options.compiled)
  const unlock = await lockOpfs(name, { ...runtime, timeoutMs: sqlite.busyTimeoutMs })
  let release = unlock
  try {
    const pool = await openOpfsPool(module, name)
    const reserve = sqlite.readOnly ? undefined : await RoomReserve.open(name)
    setRoomReserve(reserve)
    // Of a worker that was ended in the middle of an import.
    OpfsStage.removeLeftovers(pool, name)
    release = () => {
      setRoomReserve(undefined)
      reserve?.close()
      pool.release()
      unlock()
    }
    const files = await WasmFiles.open(module)
    const gate = new WriteGate(module, () => files.methods(`/${name}`))
    const { progress, stopper } = createStopper(options, gate)
    const port = new WasmPort(module, { vfs: pool.vfs, files, progress })
    const engine = await openSqliteEngine({
      name: 'sqlite-wasm',
      port,
      path: `/${name}`,
      location: `opfs:${name}`,
      options: sqlite,
      files,
      exclusive: true,
      ownThread: true,
      stopper,
      ...runtime,
    })
    const parts = { sqlite3: module, port, pool, files, progress }
    canImport(engine, { port, progress, openStage: (size) => OpfsStage.open(parts, name, size) })
    return releasedOnClose(engine, release)
  } catch (error) {
    release()
    throw error
  }
}

function releasedOnClose(engine: Engine, release: () => void): Engine {
  const close = engine.close.bind(engine)
  return Object.defineProperty(engine, 'close', { value: () => close().finally(release) })
}

/** What keeps the time of statements, and, where it can see that one was stopped, also as what stops it. */
function createStopper(
  { stopFlags, probeUrl }: WasmOpenOptions,
  gate?: WriteGate,
): {
  readonly progress: ProgressStopper
  readonly stopper: ProgressStopper | undefined
} {
  const probe = createProbe(stopFlags, probeUrl)
  const progress = new ProgressStopper(probe ?? (() => false), gate)
  return { progress, stopper: probe && progress }
}

function createProbe(stopFlags: SharedArrayBuffer | undefined, probeUrl: string | undefined): StopProbe | undefined {
  if (stopFlags !== undefined) {
    const flags = new StopFlags(stopFlags)
    return ({ id }) => flags.isStopped(id)
  }
  return probeUrl !== undefined && canProbe(probeUrl) ? createUrlProbe() : undefined
}
