/**
 * A leased session of a SQLite store: Kysely's connection, its transaction, its streams.
 *
 * One thing at a time: BEGIN, COMMIT and ROLLBACK wait for the statement that is under way. Only cursors stay open
 * beside other statements; see sqlite-cursor.ts.
 */
import type { AbortableOperationOptions, CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import { abortError } from '../abort/abort-error.ts'
import { type JoinedSignal, joinSignals } from '../abort/join-signals.ts'
import type { AmbientScope, EngineSession, StatementContext } from '../contract/backend.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { retryWhileBusy } from './busy-wait.ts'
import { SessionLease } from './session-lease.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { openCursor } from './sqlite-cursor.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { openSharedStream, type RowSource, readChunks, rowsInMemory } from './sqlite-stream.ts'
import { SqliteTransaction } from './sqlite-transaction.ts'
import type { StatementClass } from './statement-class.ts'
import { changesSchema, type StatementRouter } from './statement-router.ts'
import { TurnQueue } from './turn-queue.ts'
import type { LockHolder } from './write-lock.ts'

/** What a session is acquired with. */
export interface SessionOrigin {
  /** Ends what the session waits for, whatever the signal of a single statement. */
  readonly signal: AbortSignal | undefined
  /** The session in whose async context this one is acquired. */
  readonly outer: AmbientScope | undefined
  readonly assertNotNested: () => void
}

export class SqliteSession implements EngineSession, LockHolder {
  readonly outer: AmbientScope | undefined
  readonly #router: StatementRouter
  readonly #signal: AbortSignal | undefined
  readonly #assertNotNested: () => void
  readonly #lease: SessionLease
  /** Made when something may have to wait; most sessions never do. */
  #stop: AbortController | undefined
  readonly #turns = new TurnQueue()
  readonly #streams = new Set<RowSource>()
  #transaction: SqliteTransaction | undefined
  #doomed: StoreError | undefined
  #committing = false
  #isEnding = false
  #released = false

  constructor(router: StatementRouter, { signal, outer, assertNotNested }: SessionOrigin) {
    this.outer = outer
    this.#router = router
    this.#signal = signal
    this.#assertNotNested = assertNotNested
    this.#lease = new SessionLease(router.set, this, assertNotNested)
  }

  get label(): string {
    return this.inTransaction ? 'transaction' : 'connection'
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined
  }

  async raw({ signal }: StatementContext): Promise<unknown> {
    return this.#inTurn('connection', async () => {
      using joined = this.#joined(signal)
      const connection = await this.#writer(joined.signal)
      this.#lease.settingsChanged = true
      return connection.db.raw
    })
  }

  execute(query: CompiledQuery, { signal }: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    if (this.#isEnding) throw this.#over()
    return this.#executeAtOnce(query, signal) ?? this.#executeInTurn(query, signal)
  }

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    return (await this.execute(query, { signal: options?.signal })) as QueryResult<R>
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncGenerator<QueryResult<R>> {
    using joined = this.#joined(options?.signal)
    const { signal } = joined
    const source = await this.#inTurn('stream', () => this.#openStream(query, signal))
    this.#streams.add(source)
    try {
      const chunks = readChunks(source, Math.max(1, chunkSize), () => this.#assertUsable(signal))
      yield* chunks as AsyncGenerator<QueryResult<R>>
    } catch (error) {
      throw this.#failed(error, 'stream')
    } finally {
      this.#streams.delete(source)
    }
  }

  async begin(settings: TransactionSettings, ctx: StatementContext): Promise<void> {
    if (this.#beginAtOnce(settings, ctx.signal)) return
    using joined = this.#joined(ctx.signal)
    const { signal } = joined
    await this.#inTurn('begin', async () => {
      this.#assertUsable(signal)
      if (this.inTransaction) throw invalidArgument('a transaction is open already; use nested()', 'begin')
      this.#transaction = await SqliteTransaction.begin(this.#router.set, this.#lease, settings, signal)
    })
  }

  async commit(): Promise<void> {
    try {
      if (!this.#commitAtOnce()) await this.#ending('commit', () => this.#commitSlowly())
    } catch (error) {
      throw markTransactionOver(this.#failed(error, 'commit'))
    }
  }

  async rollback(): Promise<void> {
    if (this.#turns.isIdle) this.#rollbackNow()
    else await this.#ending('rollback', async () => this.#rollbackNow())
  }

  async savepoint(name: string): Promise<void> {
    await this.#savepoint('SAVEPOINT', name)
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.#savepoint('ROLLBACK TO', name)
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.#savepoint('RELEASE', name)
  }

  doom(reason: StoreError): boolean {
    if (this.#committing) return false
    this.#doomed ??= reason
    this.#stop?.abort(reason)
    return true
  }

  async release(): Promise<void> {
    await this.#turns.settled()
    if (this.#released) return
    this.#released = true
    // A stream whose reader waits elsewhere would keep its connection, and its snapshot, for as long as it likes.
    for (const source of this.#streams) source.end()
    const { connection } = this.#lease
    const transaction = this.#transaction
    this.#transaction = undefined
    if (transaction !== undefined) this.#lease.settingsChanged ||= !transaction.rollbackQuietly()
    else if (connection?.inTransaction === true) this.#lease.settingsChanged = true
    await this.#lease.giveBack()
  }

  /** The hot path of a transaction: nothing under way, and a statement that is known. */
  #executeAtOnce(query: CompiledQuery, signal: AbortSignal | undefined): QueryResult<unknown> | undefined {
    const { connection } = this.#lease
    if (!this.#turns.isIdle || this.#transaction === undefined || connection === undefined) return undefined
    const statement = connection.cached(query.sql)
    if (statement === undefined) return undefined
    try {
      this.#assertUsable(signal)
      return connection.execute(statement, query.parameters)
    } catch (error) {
      throw this.#failed(error, 'query')
    }
  }

  /** A write transaction that finds both locks free needs nothing to wait for. */
  #beginAtOnce(settings: TransactionSettings, signal: AbortSignal | undefined): boolean {
    const { set } = this.#router
    if (!this.#turns.isIdle || this.#lease.connection !== undefined || settings.accessMode === 'read only') return false
    if (set.options.readOnly || this.#released || this.#doomed !== undefined || signal?.aborted === true) return false
    if (this.#signal?.aborted === true || !this.#lease.tryWriter()) return false
    this.#transaction = SqliteTransaction.tryBegin(set, set.writer)
    return this.#transaction !== undefined
  }

  #commitAtOnce(): boolean {
    const transaction = this.#transaction
    if (!this.#turns.isIdle || this.#doomed !== undefined || transaction === undefined) return false
    this.#transaction = undefined
    if (transaction.tryCommit()) return true
    this.#transaction = transaction
    return false
  }

  #rollbackNow(): void {
    const transaction = this.#transaction
    this.#endTransaction()
    try {
      transaction?.rollback()
    } catch (error) {
      throw this.#failed(error, 'rollback')
    }
  }

  async #commitSlowly(): Promise<void> {
    const transaction = this.#requireTransaction()
    const doomed = this.#doomed
    this.#committing = doomed === undefined
    this.#endTransaction()
    try {
      if (doomed === undefined) await transaction.commit()
      else this.#lease.settingsChanged ||= !transaction.rollbackQuietly()
    } finally {
      this.#committing = false
    }
    if (doomed !== undefined) throw told(doomed, 'the transaction was rolled back', 'commit')
  }

  #executeInTurn(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>> {
    return this.#inTurn('query', async () => {
      using joined = this.#joined(signal)
      return await this.#execute(query, joined.signal)
    })
  }

  async #execute(query: CompiledQuery, signal: AbortSignal | undefined): Promise<QueryResult<unknown>> {
    this.#assertUsable(signal)
    const kind = this.#router.classify(query.sql)
    const { busy } = this.#router.set
    if (this.#lease.connection === undefined) {
      const read = await this.#router.plainRead(query.sql, kind, signal)
      if (read !== undefined) return retryWhileBusy(busy, signal, () => read.execute(query.parameters))
    }
    const connection = await this.#writer(signal)
    this.#assertAllowed(kind)
    if (this.inTransaction) return this.#run(connection, query, kind)
    return retryWhileBusy(busy, signal, () => this.#run(connection, query, kind))
  }

  async #openStream(query: CompiledQuery, signal: AbortSignal | undefined): Promise<RowSource> {
    this.#assertUsable(signal)
    const kind = this.#router.classify(query.sql)
    if (this.#lease.connection === undefined) {
      if (this.#router.set.readers === undefined) this.#assertNotNested()
      const source = await openSharedStream(this.#router, query, kind, this, signal)
      if (source !== undefined) return source
    }
    const connection = await this.#writer(signal)
    this.#assertAllowed(kind)
    return openCursor(connection, query, kind) ?? rowsInMemory(this.#run(connection, query, kind).rows)
  }

  /** The session may have ended while it waited for the lock. */
  async #writer(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    const connection = await this.#lease.writer(signal)
    this.#assertUsable(signal)
    return connection
  }

  #run(connection: SqliteConnection, { sql, parameters }: CompiledQuery, kind: StatementClass): QueryResult<unknown> {
    if (this.#transaction !== undefined && changesSchema(kind)) this.#transaction.schemaChanged = true
    return this.#router.run(connection, sql, kind, parameters)
  }

  #assertAllowed(kind: StatementClass): void {
    if (kind === 'transaction' && this.inTransaction) {
      throw invalidArgument('this transaction is ended by its owner, and savepoints are made by nested()', 'query')
    }
    if (kind !== 'connection' && kind !== 'transaction') return
    if (this.#lease.isReader) {
      throw new StoreError('READONLY', 'a read-only transaction changes no settings', { operation: 'query' })
    }
    this.#lease.settingsChanged = true
  }

  async #savepoint(command: 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE', name: string): Promise<void> {
    await this.#inTurn('savepoint', async () => {
      this.#assertUsable(undefined)
      this.#requireTransaction().savepoint(command, name)
    })
  }

  #requireTransaction(): SqliteTransaction {
    if (this.#transaction === undefined) throw this.#doomed ?? this.#over()
    return this.#transaction
  }

  #endTransaction(): void {
    this.#transaction = undefined
    this.#doomed = undefined
  }

  #assertUsable(signal: AbortSignal | undefined): void {
    if (this.#doomed !== undefined) throw told(this.#doomed, 'the transaction is lost', 'query')
    if (this.#released) throw this.#over()
    if (signal?.aborted === true) throw abortError(signal, 'query')
  }

  /** What failed, as a StoreError; an abort, or a rollback that SQLite did by itself, dooms the transaction. */
  #failed(error: unknown, operation: string): StoreError {
    // A driver would say something of its own about a connection that was closed under a transaction.
    if (this.#router.set.isClosed) return this.#over()
    const failure = classifySqliteError(this.#router.set.port, error, operation)
    const isStopped = failure.code === 'ABORTED' || failure.code === 'TIMEOUT'
    if (this.#transaction !== undefined && (isStopped || this.#transaction.isLost)) this.#doomed ??= failure
    return failure
  }

  /** A statement that comes while the transaction is ending would run after it, on its own. */
  async #ending(operation: string, work: () => Promise<void>): Promise<void> {
    this.#isEnding = true
    try {
      await this.#inTurn(operation, work)
    } finally {
      this.#isEnding = false
    }
  }

  async #inTurn<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(work)
    } catch (error) {
      throw this.#failed(error, operation)
    }
  }

  /** For what may have to wait: ends with the statement's signal, with the session's, and with its doom. */
  #joined(signal: AbortSignal | undefined): JoinedSignal {
    this.#stop ??= new AbortController()
    return joinSignals([this.#stop.signal, this.#signal, signal].filter((one) => one !== undefined))
  }

  #over(): StoreError {
    return new StoreError('CLOSED', 'the connection was given back already', { operation: 'query' })
  }
}

/** The reason, told again where somebody runs into it. */
function told({ code, message, cause }: StoreError, prefix: string, operation: string): StoreError {
  return new StoreError(code, `${prefix}: ${message}`, { operation, cause })
}
