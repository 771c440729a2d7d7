/** Starts the worker thread of a database in Node. It keeps the process alive only while somebody waits for it. */
import { Worker } from 'node:worker_threads'
import type { Channel } from '@upkeep/core/sqlite'

/** A worker, and how to end it. */
export interface StartedWorker {
  readonly channel: Channel
  /** Ends it, whatever it does; resolves when it has gone. */
  readonly end: () => Promise<void>
}

export function startNodeWorker(): StartedWorker {
  const worker = new Worker(new URL('./node-worker.js', import.meta.url), { name: 'upkeep sqlite-wasm' })
  let isGone = false
  const gone = new Set<(how: string) => void>()
  const leave = (how: string): void => {
    if (isGone) return
    isGone = true
    for (const listener of gone) listener(how)
  }
  let failure: string | undefined
  worker.on('error', (error) => {
    failure = `failed: ${error instanceof Error ? error.name : 'unknown'}`
  })
  worker.on('exit', () => leave(failure ?? 'ended'))
  const channel: Channel = {
    post(message) {
      if (!isGone) worker.postMessage(message)
    },
    onMessage: (listener) => void worker.on('message', listener),
    onGone: (listener) => void gone.add(listener),
    keepAlive: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
  }
  return { channel, end: async () => void (await worker.terminate()) }
}
