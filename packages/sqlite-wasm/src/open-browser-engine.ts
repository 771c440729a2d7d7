/** Opens the engine of the WASM backend in a browser: a dedicated worker, a database in OPFS or in memory. */
import type { Engine } from '@upkeep/core'
import { openRemoteSqlite, type ResolvedSqliteOptions } from '@upkeep/core/sqlite'
import { browser } from './browser-scope.ts'
import { persistStorage, withStorageHealth } from './browser-storage.ts'
import { browserWorkers } from './browser-workers.ts'
import { createFlagStopper } from './flag-stopper.ts'
import { SignalUrls } from './signal-urls.ts'
import { StopFlags } from './stop-flags.ts'
import { VersionGate } from './version-gate.ts'
import { withVersionGate } from './versioned-engine.ts'
import type { WasmDatabase } from './wasm-database.ts'
import type { WasmOpenOptions } from './wasm-host.ts'
import type { ResolvedWasmOptions, WasmRuntime } from './wasm-options.ts'

/**
 * How long the worker of a database in OPFS may take to stop, once nobody waits for it any more. It is ended then, which
 * loses nothing that was committed; one in memory would be lost.
 */
const STOP_GRACE_MS = 10_000

/** @throws StoreError; then no worker is left */
export async function openBrowserEngine(
  { opfsName }: WasmDatabase,
  { sqlite, persist, onVersionChange }: ResolvedWasmOptions,
  runtime: WasmRuntime,
): Promise<Engine> {
  if (opfsName === undefined) return openInWorker(opfsName, sqlite, runtime)
  if (persist) await persistStorage(runtime.log)
  const { locks } = browser.navigator
  // Without them the worker refuses the database.
  if (locks === undefined) return openInWorker(opfsName, sqlite, runtime)
  const options = { name: opfsName, timeoutMs: sqlite.busyTimeoutMs, onVersionChange, ...runtime }
  const gate = await VersionGate.enter(locks, options)
  try {
    const engine = await openInWorker(opfsName, sqlite, runtime, () => gate.leave())
    return withVersionGate(withStorageHealth(engine, persist), gate)
  } catch (error) {
    gate.leave()
    throw error
  }
}

async function openInWorker(
  opfsName: string | undefined,
  sqlite: ResolvedSqliteOptions,
  runtime: WasmRuntime,
  onPageHide?: () => void,
): Promise<Engine> {
  const { channel, end } = browserWorkers.lease()
  const common = { channel, stopGraceMs: opfsName === undefined ? undefined : STOP_GRACE_MS, ...runtime }
  // Shared memory is faster; a page that is not isolated has none.
  if (browser.crossOriginIsolated === true) {
    const flags = new StopFlags()
    const options: WasmOpenOptions = { opfsName, sqlite, stopFlags: flags.buffer }
    const guarded = endOnPageHide(end, () => flags.stopAll(), onPageHide)
    return openRemoteSqlite({ ...common, end: guarded, stopper: createFlagStopper(flags), options })
  }
  const urls = new SignalUrls()
  const probe = urls.token(new AbortController().signal)
  const options: WasmOpenOptions = { opfsName, sqlite, probeUrl: probe?.url }
  const endUrls = (isClosed: boolean): Promise<void> => {
    urls.end()
    return end(isClosed)
  }
  const guarded = endOnPageHide(endUrls, () => urls.end(), onPageHide)
  const engine = await openRemoteSqlite({ ...common, end: guarded, stopper: urls, options })
  urls.settled(probe)
  return engine
}

/**
 * A page that goes stops what runs and ends its worker, so that the next one finds the files free at once. To end a worker
 * in the middle of a statement would take seconds.
 */
function endOnPageHide(
  end: (isClosed: boolean) => Promise<void>,
  stopAll: () => void,
  onPageHide: (() => void) | undefined,
): typeof end {
  const onHide = (): void => {
    stopAll()
    void end(false)
    onPageHide?.()
  }
  browser.addEventListener('pagehide', onHide)
  return (isClosed) => {
    browser.removeEventListener('pagehide', onHide)
    return end(isClosed)
  }
}
