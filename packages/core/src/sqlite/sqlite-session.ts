/**
 * A leased session of a SQLite store: Kysely's connection, and the transaction on it.
 *
 *   idle ── first statement that is no plain read, or BEGIN ──▶ on the writer (holds the write lock)
 *     └──── read-only BEGIN ──▶ on a leased reader
 *   release() ends it from any state
 *
 * A session that was given the writer keeps it until it is released, since its statements may have changed settings.
 */
import type { AbortableOperationOptions, CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import { abortError } from '../abort/abort-error.ts'
import type { EngineSession, StatementContext } from '../contract/backend.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { openCursor } from './sqlite-cursor.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { type RowSource, readChunks, rowsInMemory } from './sqlite-stream.ts'
import type { StatementClass } from './statement-class.ts'
import type { StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

export class SqliteSession implements EngineSession, LockHolder {
  readonly outer: EngineSession | undefined
  readonly #router: StatementRouter
  readonly #assertNotNested: () => void
  /** Ends what the session waits for, whatever the signal of a single statement. */
  readonly #signal: AbortSignal | undefined
  /** The last of what was begun; settles without a value. */
  #turn: Promise<unknown> = Promise.resolve()
  #pending = 0
  #connection: SqliteConnection | undefined
  #role: 'idle' | 'writer' | 'reader' | 'released' = 'idle'
  #transaction: 'none' | 'read only' | 'read write' = 'none'
  #doomed: StoreError | undefined
  #settingsChanged = false
  #schemaChanged = false

  constructor(router: StatementRouter, assertNotNested: () => void, ctx: StatementContext, outer: EngineSession | undefined) {
    this.outer = outer
    this.#router = router
    this.#assertNotNested = assertNotNested
    this.#signal = ctx.signal
  }

  get label(): string {
    return this.#transaction === 'none' ? 'connection' : 'transaction'
  }

  get inTransaction(): boolean {
    return this.#transaction !== 'none'
  }

  async raw({ signal }: StatementContext): Promise<unknown> {
    return this.#inTurn('connection', async () => {
      const connection = await this.#pinWriter(signal)
      this.#settingsChanged = true
      return connection.db.raw
    })
  }

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    const fast = this.#executeAtOnce(query, options?.signal)
    if (fast !== undefined) return fast as QueryResult<R>
    return this.#inTurn('query', () => this.#execute(query, this.#joined(options?.signal))) as Promise<QueryResult<R>>
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncGenerator<QueryResult<R>> {
    const signal = this.#joined(options?.signal)
    const source = await this.#inTurn('stream', () => this.#openStream(query, signal))
    try {
      const chunks = readChunks(source, Math.max(1, chunkSize), () => this.#assertUsable(signal))
      yield* chunks as AsyncGenerator<QueryResult<R>>
    } catch (error) {
      throw this.#failed(error, 'stream')
    }
  }

  async begin(settings: TransactionSettings, ctx: StatementContext): Promise<void> {
    const signal = this.#joined(ctx.signal)
    await this.#inTurn('begin', async () => {
      this.#assertUsable(signal)
      if (this.#transaction !== 'none') throw invalidArgument('a transaction is open already; use nested()', 'begin')
      if (settings.accessMode === 'read only' || this.#router.set.options.readOnly) await this.#beginReadOnly(signal)
      else await this.#beginReadWrite(signal)
    })
  }

  async commit(): Promise<void> {
    await this.#inTurn('commit', async () => {
      const connection = this.#requireTransaction()
      if (this.#doomed !== undefined) {
        const { code, message, cause } = this.#doomed
        this.#rollback()
        throw markTransactionOver(
          new StoreError(code, `the transaction was rolled back: ${message}`, { operation: 'commit', cause }),
        )
      }
      try {
        await retryWhileBusy(this.#router.set.busy, undefined, () => connection.control('COMMIT'))
        this.#endTransaction()
      } catch (error) {
        // A COMMIT that fails ends the transaction, as it does in other engines; what failed first is what is told.
        this.#rollbackQuietly()
        throw markTransactionOver(classifySqliteError(this.#router.set.port, error, 'commit'))
      }
    })
  }

  async rollback(): Promise<void> {
    await this.#inTurn('rollback', async () => this.#rollback())
  }

  async savepoint(name: string): Promise<void> {
    await this.#savepointCommand('SAVEPOINT', name)
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.#savepointCommand('ROLLBACK TO', name)
    if (this.#schemaChanged) this.#router.set.schemaChanged()
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.#savepointCommand('RELEASE', name)
  }

  doom(reason: StoreError): void {
    this.#doomed ??= reason
  }

  async release(): Promise<void> {
    const { set } = this.#router
    await this.#turn
    const role = this.#role
    if (role === 'released') return
    this.#role = 'released'
    this.#rollbackQuietly()
    if (role === 'reader' && this.#connection !== undefined) set.readers?.giveBack(this.#connection)
    if (role !== 'writer') return
    if (this.#settingsChanged) await set.resetWriter()
    set.lock.release()
  }

  /** The hot path of a transaction: nothing under way, and a statement that is known. */
  #executeAtOnce(query: CompiledQuery, signal: AbortSignal | undefined): QueryResult<unknown> | undefined {
    if (this.#pending > 0 || this.#transaction === 'none' || this.#connection === undefined) return undefined
    const statement = this.#connection.cached(query.sql)
    if (statement === undefined) return undefined
    try {
      this.#assertUsable(signal)
      return this.#connection.execute(statement, query.parameters)
    } catch (error) {
      throw this.#failed(error, 'query')
    }
  }

  async #execute(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>> {
    this.#assertUsable(signal)
    const { sql, parameters } = query
    const kind = this.#router.classify(sql)
    const { set } = this.#router
    if (this.#role === 'idle') {
      const read = await this.#router.plainRead(sql, kind, signal)
      if (read !== undefined) return retryWhileBusy(set.busy, signal, () => read.execute(parameters))
    }
    const connection = this.#connection ?? (await this.#pinWriter(signal))
    this.#assertAllowed(kind)
    if (this.inTransaction) return this.#run(connection, query, kind)
    return retryWhileBusy(set.busy, signal, () => this.#run(connection, query, kind))
  }

  #assertAllowed(kind: StatementClass): void {
    if (kind === 'transaction' && this.inTransaction) {
      throw invalidArgument('this transaction is ended by its owner, and savepoints are made by nested()', 'query')
    }
    if (kind !== 'connection' && kind !== 'transaction') return
    if (this.#role === 'reader')
      throw new StoreError('READONLY', 'a read-only transaction changes no settings', { operation: 'query' })
    this.#settingsChanged = true
  }

  async #pinWriter(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    const { lock } = this.#router.set
    if (this.#role !== 'writer') {
      this.#assertNotNested()
      await lock.acquire(this, signal)
      if (this.#role !== 'idle') {
        lock.release()
        throw this.#over()
      }
      this.#role = 'writer'
      this.#connection = this.#router.set.writer
    }
    return this.#connection ?? this.#router.set.writer
  }

  async #beginReadWrite(signal: AbortSignal | undefined): Promise<void> {
    const connection = await this.#pinWriter(signal)
    // IMMEDIATE: a transaction that reads first and writes later would fail in the middle (SQLITE_BUSY_SNAPSHOT).
    await retryWhileBusy(this.#router.set.busy, signal, () => connection.control('BEGIN IMMEDIATE'))
    this.#transaction = 'read write'
  }

  async #beginReadOnly(signal: AbortSignal | undefined): Promise<void> {
    const { readers, busy } = this.#router.set
    if (this.#role === 'idle' && readers !== undefined) {
      const connection = await readers.lease(signal)
      this.#connection = connection
      this.#role = 'reader'
    }
    const connection = this.#connection ?? (await this.#pinWriter(signal))
    if (this.#role === 'writer') connection.db.exec('PRAGMA query_only = 1')
    await retryWhileBusy(busy, signal, () => {
      if (!connection.inTransaction) connection.control('BEGIN')
      // BEGIN alone takes no snapshot; the first read does.
      connection.control('SELECT 1 FROM sqlite_schema LIMIT 1')
    })
    this.#transaction = 'read only'
  }

  async #openStream(query: CompiledQuery, signal: AbortSignal | undefined): Promise<RowSource> {
    this.#assertUsable(signal)
    const kind = this.#router.classify(query.sql)
    if (this.#role === 'idle' && kind === 'read') return this.#openSharedStream(query, kind, signal)
    const connection = this.#connection ?? (await this.#pinWriter(signal))
    this.#assertAllowed(kind)
    return openCursor(connection, query, kind) ?? rowsInMemory(this.#run(connection, query, kind).rows)
  }

  /** Outside a transaction: on a reader of its own, or on the only connection there is, holding no lock. */
  async #openSharedStream(
    query: CompiledQuery,
    kind: StatementClass,
    signal: AbortSignal | undefined,
  ): Promise<RowSource> {
    const { readers, lock, busy, writer } = this.#router.set
    if (readers === undefined) {
      await lock.acquire(this, signal)
      try {
        return openCursor(writer, query, kind) ?? rowsInMemory(this.#run(writer, query, kind).rows)
      } finally {
        lock.release()
      }
    }
    if ((await this.#router.plainRead(query.sql, kind, signal)) === undefined) {
      return rowsInMemory(this.#run(await this.#pinWriter(signal), query, kind).rows)
    }
    const reader = await readers.lease(signal)
    try {
      const cursor = await retryWhileBusy(busy, signal, () => openCursor(reader, query, kind))
      return {
        read: (count) => cursor?.read(count) ?? [],
        end: () => {
          cursor?.end()
          readers.giveBack(reader)
        },
      }
    } catch (error) {
      readers.giveBack(reader)
      throw error
    }
  }

  #run(connection: SqliteConnection, { sql, parameters }: CompiledQuery, kind: StatementClass): QueryResult<unknown> {
    if (kind === 'schema') this.#schemaChanged = true
    return this.#router.run(connection, sql, kind, parameters)
  }

  async #savepointCommand(command: string, name: string): Promise<void> {
    await this.#inTurn('savepoint', async () => {
      this.#assertUsable(undefined)
      this.#requireTransaction().control(`${command} "${name.replaceAll('"', '""')}"`)
    })
  }

  #requireTransaction(): SqliteConnection {
    if (this.#transaction === 'none' || this.#connection === undefined) throw this.#over()
    return this.#connection
  }

  /** SQLite rolls back by itself after a full disk or an I/O error; a ROLLBACK then would only hide that. */
  #rollback(): void {
    const connection = this.#connection
    try {
      if (connection?.inTransaction === true) connection.control('ROLLBACK')
    } finally {
      this.#endTransaction()
    }
  }

  #rollbackQuietly(): void {
    try {
      if (this.#connection !== undefined) this.#rollback()
    } catch {
      // The first error is the one that is told; the connection is replaced.
      this.#settingsChanged = true
    }
  }

  #endTransaction(): void {
    if (this.#transaction === 'read only' && this.#role === 'writer') {
      this.#connection?.db.exec(`PRAGMA query_only = ${this.#router.set.options.readOnly ? 1 : 0}`)
    }
    this.#transaction = 'none'
    // Rolled back, the schema is the one before; committed, others see it only now.
    if (this.#schemaChanged) this.#router.set.schemaChanged()
    this.#schemaChanged = false
    // A session that was given back keeps the reason, for whoever still holds its transaction.
    if (this.#role !== 'released') this.#doomed = undefined
  }

  #assertUsable(signal: AbortSignal | undefined): void {
    if (this.#role === 'released') throw this.#doomed ?? this.#over()
    if (this.#doomed !== undefined) {
      const { code, message, cause } = this.#doomed
      throw new StoreError(code, `the transaction is lost: ${message}`, { operation: 'query', cause })
    }
    if (signal?.aborted === true) throw abortError(signal, 'query')
  }

  /** What failed, as a StoreError; an abort, or a rollback that SQLite did by itself, dooms the transaction. */
  #failed(error: unknown, operation: string): StoreError {
    const failure = classifySqliteError(this.#router.set.port, error, operation)
    if (this.#transaction === 'none') return failure
    if (failure.code === 'ABORTED' || failure.code === 'TIMEOUT' || this.#connection?.inTransaction === false)
      this.doom(failure)
    return failure
  }

  /** One thing at a time: BEGIN, COMMIT and ROLLBACK wait for the statement that is under way. */
  async #inTurn<T>(operation: string, work: () => Promise<T>): Promise<T> {
    this.#pending++
    const running = this.#turn.then(work)
    this.#turn = running.catch(() => undefined)
    try {
      return await running
    } catch (error) {
      throw this.#failed(error, operation)
    } finally {
      this.#pending--
    }
  }

  #joined(signal: AbortSignal | undefined): AbortSignal | undefined {
    if (signal === undefined || this.#signal === undefined) return signal ?? this.#signal
    return AbortSignal.any([signal, this.#signal])
  }

  #over(): StoreError {
    return new StoreError('CLOSED', 'the connection was given back already', { operation: 'query' })
  }
}
