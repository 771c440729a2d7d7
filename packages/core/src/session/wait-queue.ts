/**
 * First come, first served: who waits for something of which there is not enough, with a signal and a time limit.
 *
 * It hands out nothing by itself; whoever has something to give calls {@link WaitQueue.shift}.
 */
import { abortError } from '../abort/abort-error.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreError } from '../errors/store-error.ts'
import type { QueueMeter } from '../metrics/queue-meter.ts'

/** One who waits. */
interface Waiter<Request, Grant> {
  readonly request: Request
  readonly grant: (grant: Grant) => void
  /** Stops listening to the signal and the limit. */
  readonly leave: () => void
  readonly sinceMs: number
}

/** When a waiter gives up. */
export interface WaitLimit {
  /** Milliseconds left; asked again each time they seem to be over. */
  leftMs(): number
  error(): StoreError
}

export class WaitQueue<Request, Grant> {
  readonly #clock: Clock
  readonly #meter: QueueMeter | undefined
  readonly #waiters = new Set<Waiter<Request, Grant>>()

  /** `meter` hears how many have waited, and for how long. */
  constructor(clock: Clock, meter?: QueueMeter) {
    this.#clock = clock
    this.#meter = meter
  }

  get size(): number {
    return this.#waiters.size
  }

  /** How long the first in the queue has waited; 0 if there is none. */
  get longestWaitMs(): number {
    const [first] = this.#waiters
    return first === undefined ? 0 : this.#clock.monotonicMs() - first.sinceMs
  }

  /**
   * Takes out the one who has waited longest, of those whose request `fits`; it must then be granted, and no signal or
   * limit counts any more.
   */
  shift(fits?: (request: Request) => boolean): Pick<Waiter<Request, Grant>, 'request' | 'grant'> | undefined {
    for (const waiter of this.#waiters) {
      if (fits !== undefined && !fits(waiter.request)) continue
      waiter.leave()
      return waiter
    }
    return undefined
  }

  /** Resolves with what is granted. @throws what the limit or the aborted signal says */
  wait(request: Request, limit: WaitLimit, signal: AbortSignal | undefined, operation: string): Promise<Grant> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortError(signal, operation))
        return
      }
      let timer: unknown
      const leave = (): void => {
        this.#clock.clearTimer(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#waiters.delete(waiter)
        const nowMs = this.#clock.monotonicMs()
        this.#meter?.left(this.size, nowMs - waiter.sinceMs, nowMs)
      }
      const onAbort = (): void => {
        leave()
        if (signal !== undefined) reject(abortError(signal, operation))
      }
      const onTimer = (): void => {
        const leftMs = limit.leftMs()
        if (leftMs > 0) {
          timer = this.#clock.setTimer(onTimer, Math.max(1, leftMs))
          return
        }
        leave()
        reject(limit.error())
      }
      const waiter: Waiter<Request, Grant> = { request, grant: resolve, leave, sinceMs: this.#clock.monotonicMs() }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
      this.#meter?.joined(this.size, waiter.sinceMs)
      timer = this.#clock.setTimer(onTimer, limit.leftMs())
    })
  }
}
