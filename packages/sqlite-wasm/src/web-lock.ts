/** Takes Web Locks, among all pages and workers of an origin. Source: https://www.w3.org/TR/web-locks/ */
import { type Clock, StoreError } from '@upkeep/core'
import { assertNotAborted, onceAborted } from '@upkeep/core/backend'
import type { LockManager } from './browser-scope.ts'

/** How a lock is asked for. */
export interface WebLockRequest {
  /** Whether others may have it too, if they ask for it so. */
  readonly mode: 'exclusive' | 'shared'
  /** In milliseconds; 0 does not wait, `undefined` waits for as long as it takes. */
  readonly timeoutMs: number | undefined
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Who asks, for errors. */
  readonly operation: string
}

/**
 * Asks for it at once, and waits; the answer gives it back, `undefined` says that it was not to be had in time.
 *
 * @throws ABORTED, or what the signal says; CONNECTION
 */
export async function takeWebLock(
  locks: LockManager,
  name: string,
  { mode, timeoutMs, clock, signal, operation }: WebLockRequest,
): Promise<(() => void) | undefined> {
  assertNotAborted(signal, operation)
  const giveUp = new AbortController()
  const onLate = (): void => giveUp.abort()
  const late = timeoutMs === undefined || timeoutMs === 0 ? undefined : clock.setTimer(onLate, timeoutMs)
  const leave = signal && onceAborted(signal, onLate)
  const granted = Promise.withResolvers<boolean>()
  const held = Promise.withResolvers<void>()
  const hold = (lock: unknown): Promise<void> => {
    granted.resolve(lock !== null)
    return lock === null ? Promise.resolve() : held.promise
  }
  const options = timeoutMs === 0 ? { mode, ifAvailable: true as const } : { mode, signal: giveUp.signal }
  locks
    .request(name, options, hold)
    .catch((error) => (giveUp.signal.aborted ? granted.resolve(false) : granted.reject(error)))
  try {
    if (await granted.promise) return held.resolve
  } catch (cause) {
    throw new StoreError('CONNECTION', 'the Web Lock could not be taken', { operation, cause })
  } finally {
    clock.clearTimer(late)
    leave?.()
  }
  assertNotAborted(signal, operation)
  return undefined
}
