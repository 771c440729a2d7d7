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
  /** Wait before the second attempt; doubles each time, with full jitter. @default 10 */
  readonly backoffMs?: number | undefined
  /** Longest wait. @default 1000 */
  readonly maxBackoffMs?: number | undefined
}

/** Options of `store.transaction()`. */
export interface TransactionContext extends Context {
  /** `read only` sees one snapshot, takes no write lock and refuses writes with `READONLY`. @default 'read write' */
  readonly accessMode?: 'read only' | 'read write' | undefined
  /** At least this isolation; SQLite is always serializable. @default the engine's own */
  readonly isolationLevel?: IsolationLevel | undefined
  /** Runs the whole of `work` again on `BUSY` and `SERIALIZATION`. @default no retry */
  readonly retry?: RetryOptions | undefined
}

/** A transaction: all of Kysely's, and savepoints. It has no `maintenance`, `close` or `transaction`. */
export interface StoreTransaction<DB> extends Transaction<DB> {
  /**
   * Runs `work` in a savepoint: what it did is undone if it rejects, and the transaction goes on. Siblings run one
   * after another, since savepoints are a stack. While it runs, statements on this transaction are part of it, and are
   * undone with it.
   */
  nested<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T>
}

/** A leased connection. Its settings are restored when it is given back. */
export interface Connection<DB> {
  /** Kysely on this connection alone. */
  readonly db: Kysely<DB>
  /** The driver's own handle, to be used only until `work` has settled. */
  readonly raw: unknown
}

/** See the module. */
export interface Store<DB> extends AsyncDisposable {
  /** The backend's name, for logs. Branch on {@link Store.capabilities} instead. */
  readonly name: string
  /** Absolute path or URL, without credentials. */
  readonly location: string
  readonly capabilities: Capabilities
  readonly status: StoreStatus
  /** Kysely's own API. Its transactions, streams, connections and `destroy()` keep the rules of the store. */
  readonly db: Kysely<DB>
  /** Leases a connection for `work`, with the write lock: what `work` does to it is undone before anybody else has it. */
  withConnection<T>(work: (connection: Connection<DB>) => Promise<T>, ctx?: Context): Promise<T>
  /** Runs `work` in a transaction; commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (tx: StoreTransaction<DB>) => Promise<T>, ctx?: TransactionContext): Promise<T>
  /** Runs `work` outside the async context of the transaction it is called in, so that its writes wait instead of failing with `NESTED_USE`. */
  detached<T>(work: () => Promise<T>): Promise<T>
  /** Looks after the database beside live traffic. One run at a time; a second call joins the first. */
  maintenance(ctx?: MaintenanceContext): Promise<MaintenanceReport>
  /** Looks at the database. Unhealthy is a report, not a rejection. */
  health(ctx?: Context): Promise<HealthReport>
  /** Counters since the store was opened. */
  stats(): StoreStats
  /** Drains, maintains, releases. Every caller gets the same promise. */
  close(ctx?: CloseContext): Promise<CloseReport>
}
