/**
 * The worker of a transaction, and the write lock where it writes.
 *
 * First the lock, then the worker: whoever has a worker and waits for the lock would keep it from the one who has that.
 */
import type { ConnectionSet } from '../connection-set.ts'
import type { TransactionLease } from '../sqlite-transaction.ts'
import type { LockHolder } from '../write-lock.ts'
import type { ExecutorPool } from './executor-pool.ts'
import type { RemoteConnection } from './remote-connection.ts'

export class WorkerLease implements TransactionLease {
  /** A worker can write; a transaction that must not makes its connection read-only for as long as it lasts. */
  readonly isReader = false
  /** Whether nobody else may have this worker: something of its connection was changed. */
  settingsChanged = false
  readonly #set: ConnectionSet
  readonly #pool: ExecutorPool
  readonly #holder: LockHolder
  readonly #assertNotNested: () => void
  #connection: RemoteConnection | undefined
  #hasLock = false

  constructor(set: ConnectionSet, pool: ExecutorPool, holder: LockHolder, assertNotNested: () => void) {
    this.#set = set
    this.#pool = pool
    this.#holder = holder
    this.#assertNotNested = assertNotNested
  }

  get connection(): RemoteConnection | undefined {
    return this.#connection
  }

  /** @throws NESTED_USE, BUSY, ABORTED */
  async writer(signal: AbortSignal | undefined): Promise<RemoteConnection> {
    if (!this.#hasLock) {
      this.#assertNotNested()
      await this.#set.whenUsable(signal)
      await this.#set.lock.acquire(this.#holder, signal)
      this.#hasLock = true
    }
    this.#connection ??= await this.#pool.lease('write', signal)
    await this.#connection.copyLogOnCommit(this.#set.autocheckpoint.pages)
    return this.#connection
  }

  /** @throws BUSY, ABORTED */
  async reader(signal: AbortSignal | undefined): Promise<RemoteConnection> {
    await this.#set.whenUsable(signal)
    this.#connection ??= await this.#pool.lease('read', signal)
    // It may have been opened a moment ago, on what was there then.
    this.#set.guard.beforeWrite()
    return this.#connection
  }

  giveBack(): void {
    const connection = this.#connection
    this.#connection = undefined
    if (connection !== undefined) this.#pool.giveBack(connection, this.settingsChanged)
    if (this.#hasLock) this.#set.lock.release()
    this.#hasLock = false
  }
}
