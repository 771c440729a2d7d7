/**
 * Clocks for tests. A manual one stands still until it is told; a jumping one fires every timer at once and pretends
 * that its time has passed. Neither waits.
 */
import type { Clock } from '@upkeep/core'
import { createGate } from './gate.ts'

/** A clock that stands still until {@link ManualClock.advance}. */
export interface ManualClock extends Clock {
  /** Lets `ms` milliseconds pass; fires what is due, in order. */
  advance(ms: number): void
  /** Resolves once a timer of exactly `delayMs` milliseconds is pending. */
  timerSet(delayMs: number): Promise<void>
  /** How many timers are pending. */
  readonly pendingCount: number
  /** From now on it jumps, so that whatever still waits on it ends. */
  release(): void
}

interface Timer {
  readonly callback: () => void
  readonly delayMs: number
  readonly dueMs: number
}

const EPOCH_MS = Date.UTC(2026, 0, 1)

/** A {@link ManualClock} that begins at 2026-01-01 UTC. */
export function createManualClock(): ManualClock {
  const timers = new Set<Timer>()
  let elapsedMs = 0
  let waiters: { delayMs: number; open(): void }[] = []
  let released = false

  const fire = (timer: Timer): void => {
    if (!timers.delete(timer)) return
    elapsedMs = Math.max(elapsedMs, timer.dueMs)
    timer.callback()
  }
  const fireSoon = (timer: Timer): unknown => setTimeout(() => fire(timer), 0)

  return {
    monotonicMs: () => elapsedMs,
    now: () => new Date(EPOCH_MS + elapsedMs),
    setTimer(callback, delayMs) {
      const timer: Timer = { callback, delayMs, dueMs: elapsedMs + delayMs }
      timers.add(timer)
      for (const waiter of waiters) if (waiter.delayMs === delayMs) waiter.open()
      if (released) fireSoon(timer)
      return timer
    },
    clearTimer(timer) {
      timers.delete(timer as Timer)
    },
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (;;) {
        const [next] = [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)
        if (next === undefined) break
        fire(next)
      }
      elapsedMs = Math.max(elapsedMs, untilMs)
    },
    async timerSet(delayMs) {
      if ([...timers].some((timer) => timer.delayMs === delayMs)) return
      const gate = createGate()
      const waiter = { delayMs, open: () => gate.open() }
      waiters.push(waiter)
      await gate.opened
      waiters = waiters.filter((other) => other !== waiter)
    },
    get pendingCount() {
      return timers.size
    },
    release() {
      released = true
      for (const timer of timers) fireSoon(timer)
    },
  }
}

/** A clock on which all waiting is over at once. */
export function createJumpingClock(): ManualClock {
  const clock = createManualClock()
  clock.release()
  return clock
}
