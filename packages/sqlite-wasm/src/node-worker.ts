/** The worker thread of a database in Node. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { parentPort } from 'node:worker_threads'
import type { AmbientScope } from '@upkeep/core'
import { serveWasm } from './wasm-host.ts'

const port = parentPort
if (port !== null) {
  serveWasm(
    {
      post: (message) => port.postMessage(message),
      onMessage: (listener) => void port.on('message', listener),
      // It ends with the thread that started it.
      onGone: () => undefined,
    },
    new AsyncLocalStorage<AmbientScope | undefined>(),
  )
}
