/** Time as the core sees it, so that tests can inject their own. */

/** A source of time and timers; `systemClock` is the real one. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number
  /** The time of day. */
  now(): Date
  /** Calls `callback` once after `delayMs`; returns what {@link Clock.clearTimer} takes. */
  setTimer(callback: () => void, delayMs: number): unknown
  /** Forgets a timer; one that has fired already is no error. */
  clearTimer(timer: unknown): void
}
