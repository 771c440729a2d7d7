/**
 * The store an application holds. Every backend gives the same one; what differs is in {@link Capabilities}.
 */
import type { Kysely } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import type { TableName } from '../retention/schema-types.ts'
import type { BackupContext, BackupReport } from './backup.ts'
import type { Capabilities } from './capabilities.ts'
import type { StoreChange } from './change.ts'
import type { Context } from './context.ts'
import type { HealthContext, HealthReport } from './health.ts'
import type { MaintenanceContext, MaintenanceReport } from './maintenance.ts'
import type { MigrationContext, MigrationReport } from './migration.ts'
import type { CloseContext, CloseReport, ReopenReport, StoreStatus } from './reports.ts'
import type { StoreStats } from './stats.ts'
import type { StatementTimeout } from './timeouts.ts'
import type { StoreTransaction, TransactionContext } from './transaction.ts'

/** A leased connection; its settings are restored when it is given back. */
export interface Connection<DB> {
  /** Kysely on this connection alone. */
  readonly db: Kysely<DB>
  /** The driver's own handle, to be used only until `work` has settled. */
  readonly raw: unknown
}

/** Something that works on a store and must end before it: a maintenance service, a queue, a poller. */
export interface StoreAttachment {
  /** Called once, when the store closes. `signal` aborts when the close is in a hurry. */
  stop(ctx: { readonly signal: AbortSignal }): Promise<unknown>
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
   * {@link Store.db} with another timeout for each of its statements: milliseconds, a name of the option `timeouts`, or
   * `false` for none. Other than the default it counts from the call on, waiting for a lock or a connection included; of
   * a stream it is the time for each chunk. A statement that is out of time is stopped where `capabilities.cancellation`
   * says how, and fails with `TIMEOUT`; in a transaction that ends the transaction.
   *
   * @throws INVALID_ARGUMENT
   */
  withTimeout(timeout: StatementTimeout): Kysely<DB>
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
   * Looks after the database beside live traffic. One run at a time: a second call joins the first where that one has
   * its tasks and its steps, and is no dry run unless both are; else it waits for its turn. What was blocked or failed is
   * in the report.
   *
   * @throws ABORTED, TIMEOUT, CLOSED and CORRUPT, with `error.report` if the run had begun; READONLY, NESTED_USE,
   * UNSUPPORTED for a named step that the backend has not, INVALID_ARGUMENT; UNKNOWN if `onBegin` threw
   */
  maintenance(ctx?: MaintenanceContext<DB>): Promise<MaintenanceReport>
  /**
   * When the last good maintenance ended, by whichever store or process: a run that was `ok`, of mode `auto` or `full`,
   * with all steps. `undefined` for never, and for a database that is not kept.
   *
   * @throws CLOSED, BUSY
   */
  lastMaintenance(): Promise<Date | undefined>
  /**
   * Copies the database, as it is at one moment, to the file `path`, while the application goes on. What was committed
   * before the call is in it. The file gets its name when it is whole and on the disk; until then, and when the backup
   * fails or is aborted, there is nothing at `path`, or what was there before. A store that is only read has backups too.
   *
   * @throws UNSUPPORTED where `capabilities.backup` is `false`; INVALID_ARGUMENT for a path that is no place for it, among
   * them the database itself and, without `overwrite`, a file that is there; NESTED_USE inside a write transaction; FULL,
   * PERMISSION, READONLY, CONNECTION, BUSY, CORRUPT, ABORTED, TIMEOUT, CLOSED; OUTCOME_UNKNOWN where the disk failed
   * after the file had got its name
   */
  backup(path: string, ctx?: BackupContext): Promise<BackupReport>
  /**
   * Closes every handle, opens the file that is at the path now, checks it (`quick_check`) and goes on with it: after
   * `REPLACED`, and by hand at any time. Transactions, streams and maintenance are waited for, for as long as for a lock.
   * Where it fails after the handles were closed, everything fails, until it is called again.
   *
   * @throws UNSUPPORTED where `capabilities.reopen` is `false`; NESTED_USE inside a transaction; BUSY where something is
   * still at work; REPLACED where there is no file; CORRUPT, READONLY, PERMISSION, CONNECTION; ABORTED, TIMEOUT, CLOSED
   */
  reopen(ctx?: Context): Promise<ReopenReport>
  /**
   * Runs the migrations of `provider` that have not been run, each in a transaction of its own together with its record,
   * under a lock that holds among processes; then checks what was declared. An abort, like a failure, rolls back the
   * migration it comes in; those before it stay. Kysely's own `Migrator` works too, with the same lock and records, and
   * without that transaction on SQLite.
   *
   * @throws what a migration failed with, by its code, naming the migration, `cause` being its own error: UNKNOWN for
   * one that is not the store's; SCHEMA_MISMATCH, with what differs, also where the records and `provider` do not fit
   * together; READONLY, BUSY, ABORTED, TIMEOUT, CLOSED, NESTED_USE, INVALID_ARGUMENT
   */
  migrate(provider: MigrationProvider, ctx?: MigrationContext): Promise<MigrationReport>
  /**
   * Looks at the database. Unhealthy is a report, not a rejection; so is a database that does not answer in time. One
   * look at a time, however many ask; its answer is good for a while. `signal` and `timeoutMs` end the caller's own
   * waiting, and not the look.
   *
   * @throws CLOSED, ABORTED, TIMEOUT, INVALID_ARGUMENT
   */
  health(ctx?: HealthContext): Promise<HealthReport>
  /** Counters and latencies; also after the store was closed. */
  stats(): StoreStats
  /** Counts anew from here on: counters, latencies, peaks. What is the case now stays. */
  resetStats(): void
  /**
   * Calls `listener` after each commit that has changed rows of one of `tables`, by this store or by any other of the same
   * database, and hears of no transaction that was rolled back. One commit is one call, with those of the tables that it
   * concerns; what triggers, cascades and `REPLACE` have changed counts. It may be told of more than was changed: of what
   * was undone by a savepoint, and of each table after a change of the schema or an import. Names are those of tables, not of
   * views, and are compared as the database does.
   *
   * The answer ends it; so does `close()`. What the listener throws is logged.
   *
   * @throws UNSUPPORTED where `capabilities.changeNotice` is `false`; INVALID_ARGUMENT, CLOSED
   */
  onChange(tables: readonly TableName<DB>[], listener: (change: StoreChange) => unknown): () => void
  /** Has `attachment` stopped when the store closes, before what runs is drained; the answer undoes it. @throws CLOSED */
  attach(attachment: StoreAttachment): () => void
  /**
   * Refuses new work, drains, maintains, releases. Every caller gets the same promise; the first call's options count.
   *
   * @throws INVALID_ARGUMENT, and then the store is still open; else what kept a handle from being released, after
   * everything was tried
   */
  close(ctx?: CloseContext): Promise<CloseReport>
}
