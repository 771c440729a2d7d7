/**
 * Ends the other side when it does not stop what it was told to stop: some time after the last word, and only once
 * everybody who waits for it has given up. SQLite looks up from nowhere while it sorts an index or copies its log, and a
 * side that hangs looks up no more.
 */
import type { Clock } from '../contract/clock.ts'

/** What {@link StoppedCalls} need. */
export interface LastResort {
  readonly clock: Clock
  /** In milliseconds, from the last call that was stopped on. */
  readonly graceMs: number
  /** Ends the other side, whatever it does. */
  readonly end: () => void
}

export class StoppedCalls {
  readonly #resort: LastResort
  readonly #pending: () => Iterable<number>
  readonly #stopped = new Set<number>()
  readonly #closing = new Set<number>()
  #timer: unknown

  /** `pending` are the calls that are waited for. */
  constructor(resort: LastResort, pending: () => Iterable<number>) {
    this.#resort = resort
    this.#pending = pending
  }

  /** Call `id` was told to stop. */
  stopped(id: number): void {
    this.#stopped.add(id)
    const { clock, graceMs } = this.#resort
    clock.clearTimer(this.#timer)
    this.#timer = clock.setTimer(() => this.#endIfGivenUp(), graceMs)
  }

  /** Call `id` closes the other side, and waits for nothing but that. */
  closing(id: number): void {
    this.#closing.add(id)
  }

  settled(id: number): void {
    this.#closing.delete(id)
    if (this.#stopped.delete(id) && this.#stopped.size === 0) this.#resort.clock.clearTimer(this.#timer)
  }

  /** Who has not given up yet may be stopped later, and then its grace counts. */
  #endIfGivenUp(): void {
    for (const id of this.#pending()) if (!this.#stopped.has(id) && !this.#closing.has(id)) return
    this.#resort.end()
  }
}
