/**
 * What one statement runs under, where there is more than the store's own signal: the caller's signal, a deadline that
 * counts from the call.
 *
 * Signals are joined, and the timer is set, when somebody asks for the signal: who never waits never pays.
 */
import { openDeadline } from '../abort/deadline.ts'
import type { JoinedSignal } from '../abort/join-signals.ts'
import type { StatementContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'

/** How long statements may take. */
export interface StatementLimit {
  /** In milliseconds. */
  readonly timeoutMs: number
  /** Whether it counts from the call on, rather than from when the statement has what it waits for. */
  readonly includesWaiting: boolean
}

export class StatementScope implements StatementContext, Disposable {
  readonly timeoutMs: number | undefined
  readonly isAbortable: boolean
  readonly #clock: Clock
  readonly #signals: readonly AbortSignal[]
  readonly #deadlineMs: number | undefined
  #joined: JoinedSignal | undefined

  constructor(clock: Clock, limit: StatementLimit | undefined, signals: readonly AbortSignal[], isAbortable: boolean) {
    this.#clock = clock
    this.isAbortable = isAbortable
    this.timeoutMs = limit?.timeoutMs
    this.#deadlineMs = limit?.includesWaiting === true ? limit.timeoutMs : undefined
    this.#signals = signals
  }

  /** Aborts with the first of its signals, or with `TIMEOUT`. */
  get signal(): AbortSignal {
    this.#joined ??= openDeadline({ timeoutMs: this.#deadlineMs }, this.#clock, 'query', ...this.#signals)
    return this.#joined.signal
  }

  [Symbol.dispose](): void {
    this.#joined?.[Symbol.dispose]()
  }
}
