/**
 * A transaction on a session's connection.
 *
 * Whatever fails, the first error is the one that is told, and the transaction is over: a ROLLBACK is only sent where
 * SQLite has not rolled back by itself, as it does after a full disk or an I/O error.
 */
import type { TransactionSettings } from 'kysely'
import { StoreError } from '../errors/store-error.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { classifySqliteError } from './sqlite-errors.ts'

/** A connection, as far as a transaction needs it; one on another thread answers by promises. */
export interface TransactionConnection {
  readonly inTransaction: boolean
  control(sql: string): void | Promise<void>
  undo(sql: string): void | Promise<void>
  exec(sql: string): void | Promise<void>
}

/** Where a transaction gets its connection. */
export interface TransactionLease {
  /** Whether what {@link reader} gave can only read. */
  readonly isReader: boolean
  writer(signal: AbortSignal | undefined): Promise<TransactionConnection>
  reader(signal: AbortSignal | undefined): Promise<TransactionConnection>
}

export class SqliteTransaction {
  /** Set by whoever runs a statement that changes the schema. */
  schemaChanged = false
  /** Called once it is over, however it ends. */
  onEnd: (() => void) | undefined
  readonly #set: ConnectionSet
  readonly #connection: TransactionConnection
  /** Set where the connection also writes, and was made read-only for this transaction. */
  readonly #queryOnly: boolean

  private constructor(set: ConnectionSet, connection: TransactionConnection, queryOnly: boolean) {
    this.#set = set
    this.#connection = connection
    this.#queryOnly = queryOnly
  }

  /** @throws BUSY, ABORTED, NESTED_USE */
  static async begin(
    set: ConnectionSet,
    lease: TransactionLease,
    settings: TransactionSettings,
    signal: AbortSignal | undefined,
  ): Promise<SqliteTransaction> {
    if (settings.accessMode !== 'read only' && !set.options.readOnly) {
      const connection = await lease.writer(signal)
      // IMMEDIATE: a transaction that reads first and writes later would fail in the middle (SQLITE_BUSY_SNAPSHOT).
      await retryWhileBusy(set.busy, signal, () => {
        set.guard.beforeWrite()
        return connection.control('BEGIN IMMEDIATE')
      })
      return new SqliteTransaction(set, connection, false)
    }
    const connection = await lease.reader(signal)
    const transaction = new SqliteTransaction(set, connection, !lease.isReader && !set.options.readOnly)
    try {
      await retryWhileBusy(set.busy, signal, () => transaction.#beginReadOnly())
      return transaction
    } catch (error) {
      await transaction.rollbackQuietly()
      throw error
    }
  }

  /** Begins a write transaction on a connection whose lock the caller has, unless another process is in the way. */
  static tryBegin(set: ConnectionSet, connection: SqliteConnection): SqliteTransaction | undefined {
    try {
      connection.control('BEGIN IMMEDIATE')
      return new SqliteTransaction(set, connection, false)
    } catch {
      // What is wrong is told by the attempt that waits.
      return undefined
    }
  }

  /** Commits, if nothing is in the way. */
  tryCommit(): boolean {
    try {
      this.#commit()
    } catch (error) {
      if (this.#set.busy.isBusy(error)) return false
      const failure = classifySqliteError(this.#set.port, error, 'commit')
      void this.rollbackQuietly()
      throw failure
    }
    void this.#end()
    return true
  }

  /** Whether SQLite has rolled back by itself. */
  get isLost(): boolean {
    return !this.#connection.inTransaction
  }

  /** @throws what COMMIT said; the transaction is then rolled back, as it is in other engines */
  async commit(): Promise<void> {
    try {
      await retryWhileBusy(this.#set.busy, undefined, () => this.#commit())
    } catch (error) {
      const failure = classifySqliteError(this.#set.port, error, 'commit')
      await this.rollbackQuietly()
      throw failure
    }
    await this.#end()
  }

  /** At once where the connection is on this thread. */
  rollback(): void | Promise<void> {
    const { inTransaction } = this.#connection
    return thenAlways(
      () => (inTransaction ? this.#connection.undo('ROLLBACK') : undefined),
      () => this.#end(),
    )
  }

  /** For where another error is the one to tell. Answers whether the connection is as it was. */
  async rollbackQuietly(): Promise<boolean> {
    try {
      await this.rollback()
      return true
    } catch {
      return false
    }
  }

  async savepoint(command: 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE', name: string): Promise<void> {
    if (this.isLost) throw new StoreError('ABORTED', 'the transaction was rolled back', { operation: 'savepoint' })
    const sql = `${command} "${name.replaceAll('"', '""')}"`
    await (command === 'ROLLBACK TO' ? this.#connection.undo(sql) : this.#connection.control(sql))
    if (this.schemaChanged && command === 'ROLLBACK TO') this.#set.schemaChanged()
  }

  /** What is committed to a file that is no longer there is lost, and would be told as kept. */
  #commit(): void | Promise<void> {
    this.#set.guard.beforeWrite()
    return this.#connection.control('COMMIT')
  }

  async #beginReadOnly(): Promise<void> {
    if (this.#queryOnly) await this.#connection.exec('PRAGMA query_only = 1')
    if (!this.#connection.inTransaction) await this.#connection.control('BEGIN')
    // BEGIN alone takes no snapshot; the first read does.
    await this.#connection.control('SELECT 1 FROM sqlite_schema LIMIT 1')
  }

  #end(): void | Promise<void> {
    this.onEnd?.()
    // Rolled back, the schema is the one before; committed, others see it only now.
    if (this.schemaChanged) this.#set.schemaChanged()
    return this.#queryOnly ? this.#connection.exec('PRAGMA query_only = 0') : undefined
  }
}

/** Runs `last` whatever becomes of `first`: at once where both answer at once. */
function thenAlways(first: () => void | Promise<void>, last: () => void | Promise<void>): void | Promise<void> {
  let running: void | Promise<void>
  try {
    running = first()
  } catch (error) {
    void last()
    throw error
  }
  return running instanceof Promise ? running.finally(last) : last()
}
