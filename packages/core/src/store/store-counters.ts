/** The counters behind `stats()`. They only count; the snapshot is made by whoever asks. */
import type { Clock } from '../contract/clock.ts'
import type { StoreErrorCode } from '../errors/error-code.ts'
import { isStoreError, type StoreError } from '../errors/store-error.ts'
import { LatencyWindow } from '../metrics/latency-window.ts'

export class StoreCounters {
  readonly #clock: Clock
  /** Of statements. */
  readonly latency: LatencyWindow
  readonly transactionLatency: LatencyWindow
  since: Date
  queryCount = 0
  slowQueryCount = 0
  transactionCount = 0
  readonly #errors = new Map<StoreErrorCode, number>()
  /** One error passes through several layers and is counted by the first. */
  readonly #counted = new WeakSet<StoreError>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.since = clock.now()
    this.latency = new LatencyWindow(clock)
    this.transactionLatency = new LatencyWindow(clock)
  }

  countError(error: StoreError): void {
    if (this.#counted.has(error)) return
    this.#counted.add(error)
    // Told again by another layer, it is still one failure.
    if (isStoreError(error.cause) && this.#counted.has(error.cause)) return
    this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1)
  }

  errorCount(): Readonly<Partial<Record<StoreErrorCode, number>>> {
    return Object.freeze(Object.fromEntries(this.#errors))
  }

  reset(): void {
    this.since = this.#clock.now()
    this.queryCount = 0
    this.slowQueryCount = 0
    this.transactionCount = 0
    this.#errors.clear()
    this.latency.reset()
    this.transactionLatency.reset()
  }
}
