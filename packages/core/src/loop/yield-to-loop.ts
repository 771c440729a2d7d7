/**
 * Lets the event loop turn. Awaiting a settled promise does not: timers and sockets would starve behind a long run of
 * synchronous work that is merely cut into promises.
 */

declare const setImmediate: ((callback: () => void) => unknown) | undefined

/** Resolves after the loop has had a turn. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
