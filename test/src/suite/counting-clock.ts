/** Real time, with the timers that are pending counted: what a store has left behind. */
import { type Clock, systemClock } from '@upkeep/core'

/** See the module. */
export interface CountingClock extends Clock {
  /** How many timers are pending. */
  readonly pendingCount: number
}

/** The clock of the runtime, counting. */
export function createCountingClock(): CountingClock {
  const pending = new Map<object, unknown>()
  return {
    monotonicMs: systemClock.monotonicMs,
    now: systemClock.now,
    setTimer(callback, delayMs, background) {
      const key = {}
      const fire = (): void => {
        pending.delete(key)
        callback()
      }
      pending.set(key, systemClock.setTimer(fire, delayMs, background))
      return key
    },
    clearTimer(key) {
      systemClock.clearTimer(pending.get(key as object))
      pending.delete(key as object)
    },
    get pendingCount() {
      return pending.size
    },
  }
}
