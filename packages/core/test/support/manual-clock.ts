// A clock that stands still until a test moves it. It fires due timers in their order and tells which are pending, so
// that a test can see that none was left behind. It never waits.
import type { Clock } from '@upkeep/core'

export interface ManualClock extends Clock {
  /** Lets `ms` pass and fires what is due. */
  advance(ms: number): void
  /** Delays of the pending timers, in the order in which they were set. */
  readonly pendingMs: readonly number[]
}

interface Timer {
  readonly callback: () => void
  readonly delayMs: number
  readonly dueMs: number
}

export function createManualClock(): ManualClock {
  const timers = new Set<Timer>()
  let elapsedMs = 0
  return {
    monotonicMs: () => elapsedMs,
    now: () => new Date(Date.UTC(2026, 0, 1) + elapsedMs),
    setTimer(callback, delayMs) {
      const timer: Timer = { callback, delayMs, dueMs: elapsedMs + delayMs }
      timers.add(timer)
      return timer
    },
    clearTimer: (timer) => void timers.delete(timer as Timer),
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)
        if (next === undefined) break
        timers.delete(next)
        elapsedMs = Math.max(elapsedMs, next.dueMs)
        next.callback()
      }
      elapsedMs = untilMs
    },
    get pendingMs() {
      return [...timers].map(({ delayMs }) => delayMs)
    },
  }
}
