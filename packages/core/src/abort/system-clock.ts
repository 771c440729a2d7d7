/** The clock of the runtime: what a store uses unless a test hands it another. */
import type { Clock } from '../contract/clock.ts'

/** What a timer can wait: 24.8 days. One that is longer would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Real time. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  setTimer: (callback, delayMs, background = false) => {
    const timer: unknown = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS))
    // Node's timers are objects that can be told not to keep the process alive; a browser's are numbers.
    if (background && typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.()
    return timer
  },
  clearTimer: (timer) => clearTimeout(timer),
}

/** Waits `delayMs`, or rejects with what `onAbort` gives once `signal` aborts. */
export function delay(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
  onAbort: (signal: AbortSignal) => Error,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(onAbort(signal))
      return
    }
    const stop = (): void => {
      clock.clearTimer(timer)
      if (signal !== undefined) reject(onAbort(signal))
    }
    const timer = clock.setTimer(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
