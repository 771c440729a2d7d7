/**
 * Counts statements, measures how long they take, and has the slow ones told.
 *
 * It is on the hot path of every statement: two looks at the clock, the second of which also serves the slices of the
 * event loop, and no allocation.
 */
import type { CompiledQuery } from 'kysely'
import { systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import { inLoopSlice } from '../loop/loop-slice.ts'
import type { SlowQueryTeller } from './slow-query-teller.ts'
import type { StoreCounters } from './store-counters.ts'

export class StatementWatch {
  readonly #counters: StoreCounters
  readonly #clock: Clock
  /** Whether the clock tells the time by which the loop is sliced. */
  readonly #isRealTime: boolean
  readonly #slow: SlowQueryTeller | undefined
  readonly #slowMs: number

  constructor(counters: StoreCounters, clock: Clock, slow: SlowQueryTeller | undefined) {
    this.#counters = counters
    this.#clock = clock
    this.#isRealTime = clock === systemClock
    this.#slow = slow
    this.#slowMs = slow?.thresholdMs ?? Number.POSITIVE_INFINITY
  }

  /** A statement goes to the engine; answers the time, for {@link end}. */
  begin(): number {
    this.#counters.queryCount++
    return this.#clock.monotonicMs()
  }

  /** It has ended; answers the time. */
  end(query: CompiledQuery, startedMs: number, failed: boolean): number {
    const nowMs = this.#clock.monotonicMs()
    const durationMs = nowMs - startedMs
    this.#counters.latency.record(durationMs, nowMs)
    if (durationMs > this.#slowMs) {
      this.#counters.slowQueryCount++
      this.#slow?.tell(query, durationMs, failed)
    }
    return nowMs
  }

  /** Ends one that was answered at once, and passes the answer on. */
  answered<T>(query: CompiledQuery, startedMs: number, answer: T): Promise<T> {
    const nowMs = this.end(query, startedMs, false)
    return this.#isRealTime ? inLoopSlice(answer, nowMs) : inLoopSlice(answer)
  }
}
