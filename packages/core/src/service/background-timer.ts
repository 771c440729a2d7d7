/**
 * Waits for a moment in timers that do not keep the process alive. No single wait is longer than it may be; after each
 * it asks again how long there is to go.
 */
import type { Clock } from '../contract/clock.ts'
import type { Due } from './schedule.ts'

export class BackgroundTimer {
  readonly #clock: Clock
  readonly #maxWaitMs: number
  #timer: unknown
  #due: Due | undefined

  constructor(clock: Clock, maxWaitMs: number) {
    this.#clock = clock
    this.#maxWaitMs = maxWaitMs
  }

  /** What is being waited for. */
  get due(): Due | undefined {
    return this.#due
  }

  /** Calls `callback` once `due` has come. Forgets what it was set to before. */
  set(due: Due, callback: () => void): void {
    this.cancel()
    this.#due = due
    const look = (): void => {
      const leftMs = due.leftMs()
      if (leftMs > 0) this.#timer = this.#clock.setTimer(look, Math.min(leftMs, this.#maxWaitMs), true)
      else {
        this.#timer = undefined
        this.#due = undefined
        callback()
      }
    }
    // Also what is due at once comes from a timer: whoever sets it has finished by then.
    this.#timer = this.#clock.setTimer(look, Math.min(Math.max(0, due.leftMs()), this.#maxWaitMs), true)
  }

  cancel(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#due = undefined
  }
}
