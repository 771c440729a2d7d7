/**
 * Keeps sequences of short work from holding the event loop.
 *
 * An embedded database answers at once, and a loop over awaited statements then runs from promise to promise: timers
 * and sockets would wait for its end. So whoever has answered asks whether this turn of the loop has been used up, and
 * gives the loop a turn before it goes on.
 */
import { yieldToLoop } from './yield-to-loop.ts'

/** How long the statements of one turn of the loop may take together. */
const SLICE_MS = 5

let startedMs: number | undefined

function beginNextTurn(): void {
  startedMs = undefined
}

/**
 * Whether this turn of the loop has been used for long enough, by all stores together. `nowMs`, the present
 * `performance.now()`, spares a look at it.
 */
export function isSliceSpent(nowMs: number = performance.now()): boolean {
  if (startedMs === undefined) {
    startedMs = nowMs
    void yieldToLoop().then(beginNextTurn)
  }
  return nowMs - startedMs > SLICE_MS
}

/** Resolves with `value`: at once while there is time, else after the loop has had its turn. */
export function inLoopSlice<T>(value: T, nowMs?: number): Promise<T> {
  return isSliceSpent(nowMs) ? yieldToLoop().then(() => value) : Promise.resolve(value)
}
