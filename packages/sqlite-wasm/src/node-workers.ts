/** Worker threads of Node. One keeps the process alive only while somebody waits for it. */
import { Worker } from 'node:worker_threads'
import { type RuntimeWorker, SpareWorkers } from './spare-worker.ts'

export const nodeWorkers: SpareWorkers = new SpareWorkers(start)

function start(): RuntimeWorker {
  const worker = new Worker(new URL('./node-worker.js', import.meta.url), { name: 'upkeep sqlite-wasm' })
  let failure: string | undefined
  worker.on('error', (error) => {
    failure = `failed: ${error instanceof Error ? error.name : 'unknown'}`
  })
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onGone: (listener) => void worker.on('exit', () => listener(failure ?? 'ended')),
    keepAlive: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
    end: async () => void (await worker.terminate()),
  }
}
