/** Time as the core sees it, so that tests can inject their own. */

/** A source of time and timers; `systemClock` is the real one. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number
  /** The time of day. */
  now(): Date
  /**
   * Calls `callback` once after `delayMs`; returns what {@link Clock.clearTimer} takes. A timer in the background does
   * not keep the process alive, where the runtime has such a thing. `background` is `false` if left out.
   */
  setTimer(callback: () => void, delayMs: number, background?: boolean): unknown
  /** Forgets a timer; one that has fired already is no error. */
  clearTimer(timer: unknown): void
}
