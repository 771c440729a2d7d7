/**
 * The lock on a database in OPFS, among all pages and workers of the origin. Taken in the worker that has the files, so
 * that lock and files go together, however the worker ends.
 */
import { type Clock, StoreError } from '@upkeep/core'
import { browser, type LockManager } from './browser-scope.ts'

/** Waits for it for `timeoutMs`; the answer gives it back. @throws BUSY naming who has it, ABORTED, UNSUPPORTED */
export async function lockOpfs(
  name: string,
  { timeoutMs, clock, signal }: { readonly timeoutMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<() => void> {
  const { locks } = browser.navigator
  if (locks === undefined) {
    throw new StoreError('UNSUPPORTED', 'this browser, or this page, has no Web Locks', { operation: 'open' })
  }
  const lockName = `upkeep-opfs:${name}`
  const giveUp = new AbortController()
  const late = timeoutMs === 0 ? undefined : clock.setTimer(() => giveUp.abort(), timeoutMs)
  const onAbort = (): void => giveUp.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  const granted = Promise.withResolvers<boolean>()
  const held = Promise.withResolvers<void>()
  const hold = (lock: unknown): Promise<void> => {
    granted.resolve(lock !== null)
    return lock === null ? Promise.resolve() : held.promise
  }
  locks
    .request(lockName, timeoutMs === 0 ? { ifAvailable: true } : { signal: giveUp.signal }, hold)
    .catch((error) => (giveUp.signal.aborted ? granted.resolve(false) : granted.reject(error)))
  try {
    if (await granted.promise) return held.resolve
  } catch (cause) {
    throw new StoreError('CONNECTION', 'the Web Lock could not be taken', { operation: 'open', cause })
  } finally {
    clock.clearTimer(late)
    signal.removeEventListener('abort', onAbort)
  }
  if (signal.aborted) throw signal.reason
  throw new StoreError('BUSY', `the database is open in ${await holderOf(locks, lockName)}`, { operation: 'open' })
}

async function holderOf(locks: LockManager, lockName: string): Promise<string> {
  const client = (await locks.query()).held?.find(({ name }) => name === lockName)?.clientId
  return `another tab or worker${client === undefined ? '' : ` (client ${client})`}`
}
