/**
 * The store an application holds. Every backend gives the same one; what differs is in {@link Capabilities}.
 */
import type { IsolationLevel, Kysely, Transaction } from 'kysely'
import type { Capabilities } from './capabilities.ts'
import type { Context } from './context.ts'
import type { MaintenanceContext, MaintenanceReport } from './maintenance.ts'
import type { CloseContext, CloseReport, HealthReport, StoreStats, StoreStatus } from './reports.ts'

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

/** A leased connection; its settings are restored when it is given back. */
export interface Connection<DB> {
  /** Kysely on this connection alone. */
  readonly db: Kysely<DB>
  /** The driver's own handle, to be used only until `work` has settled. */
  readonly raw: unknown
}

/** An open database: Kysely, transactions, maintenance, health and close. Made by `openStore`. */
export interface Store<DB> extends AsyncDisposable {
  /** The backend's name, for logs. Branch on {@link Store.capabilities} instead. */
  readonly name: string
  /** Absolute path or URL, without credentials. */
  readonly location: string
  /** What this store can do, and how; fixed for its life. */
  readonly capabilities: Capabilities
  /** `open`, then `closing` from the call of `close()` on, then `closed`. */
  readonly status: StoreStatus
  /**
   * Kysely's own API. Its transactions, streams, connections and `destroy()` keep the rules of the store; what a query
   * rejects with is a `StoreError`, except Kysely's own errors.
   */
  readonly db: Kysely<DB>
  /**
   * Leases a connection for `work`, with the write lock. What `work` does to it is undone before anybody else has it; in
   * a database in memory TEMP objects and functions stay.
   *
   * @throws CLOSED, BUSY, NESTED_USE, ABORTED, TIMEOUT, INVALID_ARGUMENT; else what `work` rejects with
   */
  withConnection<T>(work: (connection: Connection<DB>) => Promise<T>, ctx?: Context): Promise<T>
  /**
   * Runs `work` in a transaction; commits when it resolves, rolls back when it rejects.
   *
   * @throws CLOSED, BUSY, SERIALIZATION, NESTED_USE, ABORTED, TIMEOUT, INVALID_ARGUMENT; what the commit says, for
   * example CONSTRAINT or FULL; else the very error that `work` rejects with
   */
  transaction<T>(work: (tx: StoreTransaction<DB>) => Promise<T>, ctx?: TransactionContext): Promise<T>
  /**
   * Runs `work` outside the async context of the transaction it is called in, so that its writes wait instead of failing
   * with `NESTED_USE`. Awaiting it in that transaction would wait until `BUSY`.
   *
   * @throws UNSUPPORTED where `capabilities.asyncContext` is `false`; else what `work` rejects with
   */
  detached<T>(work: () => Promise<T>): Promise<T>
  /**
   * Looks after the database beside live traffic. One run at a time; a second call joins the first. What was blocked or
   * failed is in the report.
   *
   * @throws ABORTED, TIMEOUT, CLOSED and CORRUPT, with `error.report` if the run had begun; READONLY, NESTED_USE,
   * UNSUPPORTED for a named step that the backend has not, INVALID_ARGUMENT; UNKNOWN if `onBegin` threw
   */
  maintenance(ctx?: MaintenanceContext): Promise<MaintenanceReport>
  /**
   * Looks at the database. Unhealthy is a report, not a rejection; so is a database that has not answered within
   * `timeoutMs` (5000 unless given).
   *
   * @throws CLOSED, ABORTED, INVALID_ARGUMENT
   */
  health(ctx?: Context): Promise<HealthReport>
  /** Counters since the store was opened; also after it was closed. */
  stats(): StoreStats
  /**
   * Refuses new work, drains, maintains, releases. Every caller gets the same promise; the first call's options count.
   *
   * @throws INVALID_ARGUMENT, and then the store is still open; else what kept a handle from being released, after
   * everything was tried
   */
  close(ctx?: CloseContext): Promise<CloseReport>
}
