/**
 * Starts the worker thread of a database in Node. It keeps the process alive only while somebody waits for it.
 *
 *   start ──▶ leased ──closed──▶ spare, one of them, for SPARE_MS ──▶ ended
 *               ▲                  │
 *               └────next lease────┘
 *
 * Most of what starting takes is loading code, so a worker whose database was closed is kept for the next one for a
 * while. One that was not closed in order, or from which something is still to come, is ended.
 */
import { Worker } from 'node:worker_threads'
import type { Channel } from '@upkeep/core/sqlite'

/** A worker, for one database. */
export interface LeasedWorker {
  readonly channel: Channel
  /** Ends it, whatever it does, unless it `isClosed` and may be used again. */
  readonly end: (isClosed: boolean) => Promise<void>
}

const SPARE_MS = 5000

let spare: { readonly worker: NodeWorker; readonly timer: NodeJS.Timeout } | undefined

/** A worker with nothing open. */
export function leaseNodeWorker(): LeasedWorker {
  const worker = takeSpare() ?? new NodeWorker()
  const channel = worker.lease()
  return {
    channel,
    async end(isClosed) {
      if (isClosed && worker.isReusable && spare === undefined) keepSpare(worker)
      else await worker.end()
    },
  }
}

function takeSpare(): NodeWorker | undefined {
  const taken = spare
  spare = undefined
  clearTimeout(taken?.timer)
  return taken?.worker.isReusable === true ? taken.worker : undefined
}

function keepSpare(worker: NodeWorker): void {
  const timer = setTimeout(() => {
    spare = undefined
    void worker.end()
  }, SPARE_MS)
  timer.unref()
  spare = { worker, timer }
}

class NodeWorker {
  readonly #worker = new Worker(new URL('./node-worker.js', import.meta.url), { name: 'upkeep sqlite-wasm' })
  #onMessage: ((message: unknown) => void) | undefined
  #onGone = new Set<(how: string) => void>()
  #isAwaited = false
  #failure: string | undefined
  #isGone = false

  constructor() {
    this.#worker.on('message', (message) => this.#onMessage?.(message))
    this.#worker.on('error', (error) => {
      this.#failure = `failed: ${error instanceof Error ? error.name : 'unknown'}`
    })
    this.#worker.on('exit', () => {
      this.#isGone = true
      for (const listener of this.#onGone) listener(this.#failure ?? 'ended')
    })
  }

  get isReusable(): boolean {
    return !this.#isGone && !this.#isAwaited
  }

  lease(): Channel {
    this.#onGone = new Set()
    return {
      post: (message) => {
        if (!this.#isGone) this.#worker.postMessage(message)
      },
      onMessage: (listener) => {
        this.#onMessage = listener
      },
      onGone: (listener) => void this.#onGone.add(listener),
      keepAlive: (isAwaited) => {
        this.#isAwaited = isAwaited
        if (isAwaited) this.#worker.ref()
        else this.#worker.unref()
      },
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
