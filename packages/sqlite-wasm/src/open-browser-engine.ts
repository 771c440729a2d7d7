/** Opens the engine of the WASM backend in a browser: a dedicated worker, a database in OPFS or in memory. */
import type { Engine } from '@upkeep/core'
import { type Channel, openRemoteSqlite } from '@upkeep/core/sqlite'
import { browser } from './browser-scope.ts'
import { createFlagStopper } from './flag-stopper.ts'
import { SignalUrls } from './signal-urls.ts'
import { StopFlags } from './stop-flags.ts'
import type { WasmDatabase } from './wasm-database.ts'
import type { WasmOpenOptions } from './wasm-host.ts'
import type { ResolvedWasmOptions, WasmRuntime } from './wasm-options.ts'

interface BrowserWorker {
  postMessage(message: unknown): void
  terminate(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void
}

declare const Worker: new (url: URL, options: { readonly type: 'module'; readonly name: string }) => BrowserWorker

/** @throws StoreError; then no worker is left */
export async function openBrowserEngine(
  { opfsName }: WasmDatabase,
  { sqlite }: ResolvedWasmOptions,
  runtime: WasmRuntime,
): Promise<Engine> {
  const worker = new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module', name: 'upkeep' })
  const end = async (): Promise<void> => worker.terminate()
  const remote = { channel: channelOf(worker), ...runtime }
  // Shared memory is faster; without isolation of the page there is none.
  if (browser.crossOriginIsolated === true) {
    const flags = new StopFlags()
    const options: WasmOpenOptions = { opfsName, sqlite, stopFlags: flags.buffer }
    return openRemoteSqlite({ ...remote, end, stopper: createFlagStopper(flags), options })
  }
  const urls = new SignalUrls()
  const probe = new AbortController()
  const token = urls.token(probe.signal)
  const options: WasmOpenOptions = { opfsName, sqlite, probeUrl: token?.url }
  const endUrls = async (): Promise<void> => {
    await end()
    urls.end()
  }
  const engine = await openRemoteSqlite({ ...remote, end: endUrls, stopper: urls, options })
  urls.settled(token)
  return engine
}

function channelOf(worker: BrowserWorker): Channel {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onGone: (listener) =>
      worker.addEventListener('error', ({ message }) => listener(`failed: ${message ?? 'unknown'}`)),
  }
}
