/** What `store.transaction()` takes, and the transaction it gives. */
import type { IsolationLevel, Transaction } from 'kysely'
import type { Context } from './context.ts'

/** How often and how patiently `transaction()` runs its work again. */
export interface RetryOptions {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** In milliseconds: longest wait before the second attempt; doubles each time, with full jitter. @default 10 */
  readonly backoffMs?: number | undefined
  /** In milliseconds: what the wait does not grow beyond. @default 1000 */
  readonly maxBackoffMs?: number | undefined
}

/** Options of `store.transaction()`. */
export interface TransactionContext extends Context {
  /** `read only` sees one snapshot, takes no write lock and refuses writes with `READONLY`. @default 'read write' */
  readonly accessMode?: 'read only' | 'read write' | undefined
  /**
   * At least this isolation; SQLite is always serializable. Source: https://www.sqlite.org/isolation.html
   * @default the engine's own
   */
  readonly isolationLevel?: IsolationLevel | undefined
  /**
   * Where its statements run. `worker`: on a thread of its own, so that none of them holds the event loop and each can be
   * stopped; needs `capabilities.workers`, and is the default there for a transaction with a `signal`. `inline`: where
   * statements on their own run, which is quicker for short ones.
   * @default 'worker' with a signal, where there are workers; else 'inline'
   */
  readonly executor?: 'inline' | 'worker' | undefined
  /** Runs the whole of `work` again on `BUSY` and `SERIALIZATION`; `timeoutMs` is for all attempts. @default no retry */
  readonly retry?: RetryOptions | undefined
}

/** A transaction: all of Kysely's, and savepoints. It has no `maintenance`, `close` or `transaction`. */
export interface StoreTransaction<DB> extends Transaction<DB> {
  /**
   * Runs `work` in a savepoint: what it did is undone if it rejects, and the transaction goes on. Siblings run one
   * after another, since savepoints are a stack. While it runs, statements on this transaction are part of it, and are
   * undone with it. Source: https://www.sqlite.org/lang_savepoint.html
   *
   * @throws what `work` rejects with; CLOSED after the transaction's end; what stopped a transaction that is lost
   */
  nested<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T>
}
