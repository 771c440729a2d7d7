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
import type { SessionLease } from './session-lease.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { classifySqliteError } from './sqlite-errors.ts'

export class SqliteTransaction {
  /** Set by whoever runs a statement that changes the schema. */
  schemaChanged = false
  /** Called once it is over, however it ends. */
  onEnd: (() => void) | undefined
  readonly #set: ConnectionSet
  readonly #connection: SqliteConnection
  /** Set where the connection also writes, and was made read-only for this transaction. */
  readonly #queryOnly: boolean

  private constructor(set: ConnectionSet, connection: SqliteConnection, queryOnly: boolean) {
    this.#set = set
    this.#connection = connection
    this.#queryOnly = queryOnly
  }

  /** @throws BUSY, ABORTED, NESTED_USE */
  static async begin(
    set: ConnectionSet,
    lease: SessionLease,
    settings: TransactionSettings,
    signal: AbortSignal | undefined,
  ): Promise<SqliteTransaction> {
    if (settings.accessMode !== 'read only' && !set.options.readOnly) {
      const connection = await lease.writer(signal)
      // IMMEDIATE: a transaction that reads first and writes later would fail in the middle (SQLITE_BUSY_SNAPSHOT).
      await retryWhileBusy(set.busy, signal, () => connection.control('BEGIN IMMEDIATE'))
      return new SqliteTransaction(set, connection, false)
    }
    const connection = await lease.reader(signal)
    const transaction = new SqliteTransaction(set, connection, !lease.isReader && !set.options.readOnly)
    try {
      await retryWhileBusy(set.busy, signal, () => transaction.#beginReadOnly())
      return transaction
    } catch (error) {
      transaction.rollbackQuietly()
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
      this.#connection.control('COMMIT')
    } catch (error) {
      if (this.#set.busy.isBusy(error)) return false
      throw this.#commitFailed(error)
    }
    this.#end()
    return true
  }

  /** Whether SQLite has rolled back by itself. */
  get isLost(): boolean {
    return !this.#connection.inTransaction
  }

  /** @throws what COMMIT said; the transaction is then rolled back, as it is in other engines */
  async commit(): Promise<void> {
    try {
      await retryWhileBusy(this.#set.busy, undefined, () => this.#connection.control('COMMIT'))
    } catch (error) {
      throw this.#commitFailed(error)
    }
    this.#end()
  }

  rollback(): void {
    try {
      if (this.#connection.inTransaction) this.#connection.undo('ROLLBACK')
    } finally {
      this.#end()
    }
  }

  /** For where another error is the one to tell. Answers whether the connection is as it was. */
  rollbackQuietly(): boolean {
    try {
      this.rollback()
      return true
    } catch {
      return false
    }
  }

  savepoint(command: 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE', name: string): void {
    if (this.isLost) throw new StoreError('ABORTED', 'the transaction was rolled back', { operation: 'savepoint' })
    const sql = `${command} "${name.replaceAll('"', '""')}"`
    if (command === 'ROLLBACK TO') this.#connection.undo(sql)
    else this.#connection.control(sql)
    if (this.schemaChanged && command === 'ROLLBACK TO') this.#set.schemaChanged()
  }

  #commitFailed(error: unknown): StoreError {
    const failure = classifySqliteError(this.#set.port, error, 'commit')
    this.rollbackQuietly()
    return failure
  }

  #beginReadOnly(): void {
    if (this.#queryOnly) this.#connection.exec('PRAGMA query_only = 1')
    if (!this.#connection.inTransaction) this.#connection.control('BEGIN')
    // BEGIN alone takes no snapshot; the first read does.
    this.#connection.control('SELECT 1 FROM sqlite_schema LIMIT 1')
  }

  #end(): void {
    this.onEnd?.()
    if (this.#queryOnly) this.#connection.exec('PRAGMA query_only = 0')
    // Rolled back, the schema is the one before; committed, others see it only now.
    if (this.schemaChanged) this.#set.schemaChanged()
  }
}
