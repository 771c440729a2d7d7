/**
 * Workers, each for one database at a time.
 *
 *   start ──▶ leased ──closed──▶ spare, one of them, for SPARE_MS ──▶ ended
 *               ▲                  │
 *               └────next lease────┘
 *
 * Most of what opening takes is to start a worker and to load code there, so one whose database was closed is kept for
 * the next one for a while. One that was not closed in order, or that still owes an answer, is ended.
 */
import type { Channel } from '@upkeep/core/sqlite'

/** A worker of the runtime. */
export interface RuntimeWorker {
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  onGone(listener: (how: string) => void): void
  /** Whether it keeps the process alive; absent where nothing does. */
  keepAlive?(isAwaited: boolean): void
  /** Ends it, whatever it does. */
  end(): Promise<void>
}

/** A worker, for one database. */
export interface LeasedWorker {
  readonly channel: Channel
  /** Ends it, unless it `isClosed` and may be used again. */
  readonly end: (isClosed: boolean) => Promise<void>
}

const SPARE_MS = 5000

export class SpareWorkers {
  readonly #start: () => RuntimeWorker
  #spare: { readonly worker: LeasableWorker; readonly timer: unknown } | undefined

  constructor(start: () => RuntimeWorker) {
    this.#start = start
  }

  /** A worker with nothing open. */
  lease(): LeasedWorker {
    const worker = this.#takeSpare() ?? new LeasableWorker(this.#start())
    return {
      channel: worker.lease(),
      end: async (isClosed) => {
        if (isClosed && worker.isReusable && this.#spare === undefined) this.#keep(worker)
        else await worker.end()
      },
    }
  }

  #takeSpare(): LeasableWorker | undefined {
    const taken = this.#spare
    this.#spare = undefined
    clearTimeout(taken?.timer as number | undefined)
    return taken?.worker.isReusable === true ? taken.worker : undefined
  }

  #keep(worker: LeasableWorker): void {
    const timer: unknown = setTimeout(() => {
      this.#spare = undefined
      void worker.end()
    }, SPARE_MS)
    if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
    this.#spare = { worker, timer }
  }
}

class LeasableWorker {
  readonly #worker: RuntimeWorker
  #onMessage: ((message: unknown) => void) | undefined
  #onGone: ((how: string) => void)[] = []
  #isAwaited = false
  #isGone = false

  constructor(worker: RuntimeWorker) {
    this.#worker = worker
    worker.onMessage((message) => this.#onMessage?.(message))
    worker.onGone((how) => {
      this.#isGone = true
      for (const listener of this.#onGone) listener(how)
    })
  }

  get isReusable(): boolean {
    return !this.#isGone && !this.#isAwaited
  }

  lease(): Channel {
    this.#onGone = []
    return {
      post: (message) => {
        if (!this.#isGone) this.#worker.post(message)
      },
      onMessage: (listener) => {
        this.#onMessage = listener
      },
      onGone: (listener) => void this.#onGone.push(listener),
      keepAlive: (isAwaited) => {
        this.#isAwaited = isAwaited
        this.#worker.keepAlive?.(isAwaited)
      },
    }
  }

  end(): Promise<void> {
    return this.#worker.end()
  }
}
