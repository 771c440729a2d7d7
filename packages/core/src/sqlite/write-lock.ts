/**
 * The one write lock of a store: first come, first served, over everything in this process that writes.
 *
 * Waiting costs no thread and honours a signal. What it does not know: locks of other processes; see busy-wait.ts.
 */
import type { Clock } from '../contract/clock.ts'
import type { QueueStats } from '../contract/stats.ts'
import { StoreError } from '../errors/store-error.ts'
import { inLoopSlice } from '../loop/loop-slice.ts'
import { QueueMeter } from '../metrics/queue-meter.ts'
import { type WaitLimit, WaitQueue } from '../session/wait-queue.ts'

/** Who holds the lock, for messages and to recognise nested use. */
export interface LockHolder {
  /** e.g. `transaction`, `connection`, `maintenance`. */
  readonly label: string
}

export class WriteLock {
  /** Hears of each end of a hold: something may have been written. It must cost nothing. */
  onRelease: (() => void) | undefined
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #meter: QueueMeter
  readonly #queue: WaitQueue<LockHolder, void>
  #holder: LockHolder | undefined
  /** Time that our own maintenance has held the lock: it counts towards nobody's timeout. */
  #exemptMs = 0
  #exemptSinceMs: number | undefined
  #onWaiter: (() => void) | undefined

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#meter = new QueueMeter(clock)
    this.#queue = new WaitQueue(clock, this.#meter)
  }

  get holder(): LockHolder | undefined {
    return this.#holder
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** How long the next in line has waited; 0 if nobody waits. */
  get longestWaitMs(): number {
    return this.#queue.longestWaitMs
  }

  /** Who has waited, for `stats()`. */
  stats(): QueueStats {
    return this.#meter.snapshot()
  }

  resetStats(): void {
    this.#meter.reset()
  }

  /** Takes the lock if nobody holds it or waits for it. */
  tryAcquire(holder: LockHolder): boolean {
    if (this.#holder !== undefined || this.#queue.size > 0) return false
    this.#holder = holder
    return true
  }

  /** Waits for the lock. @throws ABORTED, or BUSY naming who holds it */
  async acquire(holder: LockHolder, signal: AbortSignal | undefined): Promise<void> {
    if (this.tryAcquire(holder)) return
    if (this.#timeoutMs === 0 && this.#exemptSinceMs === undefined) throw this.#busy()
    const limit = this.#limit(this.#clock.monotonicMs())
    const waiting = this.#queue.wait(holder, limit, signal, 'waiting for the write lock')
    this.#onWaiter?.()
    await waiting
  }

  release(): void {
    this.#endExemption()
    const next = this.#queue.shift()
    this.#holder = next?.request
    // A queue of writers would otherwise be worked off in one turn of the loop.
    if (next !== undefined) void inLoopSlice(undefined).then(next.grant)
    this.onRelease?.()
  }

  /**
   * For maintenance, which holds the lock: its time counts towards nobody's timeout until {@link release}. `onWaiter`
   * hears of each one who waits.
   */
  exempt(onWaiter?: () => void): void {
    this.#exemptSinceMs = this.#clock.monotonicMs()
    this.#onWaiter = onWaiter
    if (this.#queue.size > 0) onWaiter?.()
  }

  #endExemption(): void {
    this.#exemptMs = this.#exemptSoFarMs()
    this.#exemptSinceMs = undefined
    this.#onWaiter = undefined
  }

  #limit(startedMs: number): WaitLimit {
    const exemptBeforeMs = this.#exemptSoFarMs()
    return {
      leftMs: () => {
        const waitedMs = this.#clock.monotonicMs() - startedMs - (this.#exemptSoFarMs() - exemptBeforeMs)
        // While maintenance holds the lock no time passes here, so a limit of 0 must not end the wait.
        return Math.max(this.#timeoutMs - waitedMs, this.#exemptSinceMs === undefined ? 0 : 1)
      },
      error: () => this.#busy(),
    }
  }

  #exemptSoFarMs(): number {
    return this.#exemptMs + (this.#exemptSinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#exemptSinceMs)
  }

  #busy(): StoreError {
    const label = this.#holder?.label ?? 'another writer'
    return new StoreError('BUSY', `the write lock is held by: ${label}`, { operation: 'write' })
  }
}
