/**
 * The lock on a database in OPFS, among all pages and workers of the origin. Taken in the worker that has the files, so
 * that lock and files go together, however the worker ends.
 */
import { type Clock, StoreError } from '@upkeep/core'
import { browser, type LockManager } from './browser-scope.ts'
import { takeWebLock } from './web-lock.ts'

/** Waits for it for `timeoutMs`; the answer gives it back. @throws BUSY naming who has it, ABORTED, UNSUPPORTED */
export async function lockOpfs(
  name: string,
  waiting: { readonly timeoutMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<() => void> {
  const { locks } = browser.navigator
  if (locks === undefined) {
    throw new StoreError('UNSUPPORTED', 'this browser, or this page, has no Web Locks', { operation: 'open' })
  }
  const lockName = `upkeep-opfs:${name}`
  const release = await takeWebLock(locks, lockName, { ...waiting, mode: 'exclusive', operation: 'open' })
  if (release !== undefined) return release
  throw new StoreError('BUSY', `the database is open in ${await holderOf(locks, lockName)}`, { operation: 'open' })
}

async function holderOf(locks: LockManager, lockName: string): Promise<string> {
  const client = (await locks.query()).held?.find(({ name }) => name === lockName)?.clientId
  return `another tab or worker${client === undefined ? '' : ` (client ${client})`}`
}
