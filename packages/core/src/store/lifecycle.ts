/**
 * The life of a store, and what is under way in it.
 *
 *   open ──beginClosing()──▶ closing ──finish()──▶ closed
 *
 * While open, operations are counted in and out; `drain` waits for the last one, and past its time aborts those left
 * through the one signal they all work under. It knows nothing of what an operation is.
 */
import { joinSignals } from '../abort/join-signals.ts'
import { delay } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreStatus } from '../contract/reports.ts'
import { StoreError } from '../errors/store-error.ts'

export class Lifecycle {
  readonly #clock: Clock
  readonly #shutdown = new AbortController()
  #status: StoreStatus = 'open'
  #inFlight = 0
  /** Who hears of the end, and since when it is there. A map costs less than listeners on the signal. */
  readonly #onShutdown = new Map<() => void, number>()
  #peakInFlight = 0
  #onIdle: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get status(): StoreStatus {
    return this.#status
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** For how long the oldest is under way of those that hear of the end: of all that holds something. */
  get oldestMs(): number | undefined {
    const [sinceMs] = this.#onShutdown.values()
    return sinceMs === undefined ? undefined : this.#clock.monotonicMs() - sinceMs
  }

  /** The most that was under way at the same time, since the last {@link resetPeak}. */
  get peakInFlight(): number {
    return this.#peakInFlight
  }

  resetPeak(): void {
    this.#peakInFlight = this.#inFlight
  }

  /** Aborts with `CLOSED` what outlasts the drain. Every operation that can wait works under it. */
  get signal(): AbortSignal {
    return this.#shutdown.signal
  }

  /** @throws CLOSED */
  assertOpen(operation: string): void {
    if (this.#status !== 'open') throw closedError(operation)
  }

  /** Counts `work` as under way. @throws CLOSED */
  async run<T>(operation: string, work: () => Promise<T>): Promise<T> {
    this.assertOpen(operation)
    return this.track(work())
  }

  /** Counts a promise that is under way already. */
  async track<T>(work: Promise<T>): Promise<T> {
    const leave = this.enter()
    try {
      return await work
    } finally {
      leave()
    }
  }

  /** Counts something as under way until the answer is called. `onShutdown` hears when it has outlasted the drain. */
  enter(onShutdown?: () => void): () => void {
    this.#inFlight++
    if (this.#inFlight > this.#peakInFlight) this.#peakInFlight = this.#inFlight
    if (onShutdown !== undefined) this.#onShutdown.set(onShutdown, this.#clock.monotonicMs())
    return () => {
      if (onShutdown !== undefined) this.#onShutdown.delete(onShutdown)
      this.#inFlight--
      if (this.#inFlight === 0) this.#onIdle?.()
    }
  }

  /** As {@link enter}, for a part of something that is counted already. */
  enterPart(onShutdown: () => void): () => void {
    this.#onShutdown.set(onShutdown, this.#clock.monotonicMs())
    return () => void this.#onShutdown.delete(onShutdown)
  }

  /** From here on {@link run} refuses. */
  beginClosing(): void {
    this.#status = 'closing'
  }

  finish(): void {
    this.#status = 'closed'
  }

  /** Waits until nothing is under way. Past `drainMs`, or once `hurry` aborts, aborts what is left; answers how many. */
  async drain(drainMs: number, hurry: AbortSignal): Promise<number> {
    if (this.#inFlight === 0) return 0
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
    const stopWaiting = new AbortController()
    using waiting = joinSignals([hurry, stopWaiting.signal])
    const late = delay(this.#clock, drainMs, waiting.signal, () => new Error('hurry'))
    await Promise.race([idle, late.catch(() => undefined)])
    stopWaiting.abort()
    const abandoned = this.#inFlight
    if (abandoned > 0) {
      this.#shutdown.abort(closedError('operation'))
      for (const stop of this.#onShutdown.keys()) stop()
      await idle
    }
    return abandoned
  }
}

function closedError(operation: string): StoreError {
  return new StoreError('CLOSED', `${operation}: the store is closed or closing`, { operation })
}
