/**
 * The lock on a database in OPFS, among all pages and workers of the origin. Taken in the worker that has the files, so
 * that lock and files go together, however the worker ends.
 */
import { type Clock, StoreError } from '@upkeep/core'
import { browser } from './browser-scope.ts'

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
  const late = clock.setTimer(() => giveUp.abort(), timeoutMs)
  const onAbort = (): void => giveUp.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  const held = Promise.withResolvers<void>()
  const granted = Promise.withResolvers<void>()
  locks
    .request(lockName, { signal: giveUp.signal }, () => {
      granted.resolve()
      return held.promise
    })
    .catch(granted.reject)
  try {
    await granted.promise
    return held.resolve
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    if (!giveUp.signal.aborted)
      throw new StoreError('CONNECTION', 'the Web Lock could not be taken', { operation: 'open', cause })
    const holder = (await locks.query()).held?.find((lock) => lock.name === lockName)?.clientId
    const who = `another tab or worker${holder === undefined ? '' : ` (client ${holder})`}`
    throw new StoreError('BUSY', `the database is open in ${who}`, { operation: 'open' })
  } finally {
    clock.clearTimer(late)
    signal.removeEventListener('abort', onAbort)
  }
}
