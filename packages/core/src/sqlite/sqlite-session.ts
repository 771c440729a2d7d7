/**
 * A leased session of a SQLite store: Kysely's connection, its transaction, its streams.
 *
 * One thing at a time: BEGIN, COMMIT and ROLLBACK wait for the statement that is under way. Only cursors stay open
 * beside other statements; see sqlite-cursor.ts.
 */
import type { AbortableOperationOptions, CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import type { AmbientScope, EngineSession, StatementContext } from '../contract/backend.ts'
import { invalidArgument, type StoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { SessionFate, toldAgain } from './session-fate.ts'
import { SessionLease } from './session-lease.ts'
import { SessionStatements } from './session-statements.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { type RowSource, readChunks, stoppable } from './sqlite-stream.ts'
import { SqliteTransaction } from './sqlite-transaction.ts'
import type { StatementRouter } from './statement-router.ts'
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
  readonly #lease: SessionLease
  readonly #origin: SessionOrigin
  /** Made for the first statement that cannot be answered at once; many sessions have none. */
  #made: SessionStatements | undefined
  readonly #fate: SessionFate
  readonly #turns = new TurnQueue()
  readonly #streams = new Set<RowSource>()
  #transaction: SqliteTransaction | undefined

  constructor(router: StatementRouter, origin: SessionOrigin) {
    this.outer = origin.outer
    this.#router = router
    this.#fate = new SessionFate(origin.signal)
    this.#lease = new SessionLease(router.set, this, origin.assertNotNested)
    this.#origin = origin
  }

  get label(): string {
    return this.inTransaction ? 'transaction' : 'connection'
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined
  }

  async raw({ signal }: StatementContext): Promise<unknown> {
    return this.#inTurn('connection', async () => {
      using joined = this.#fate.joined(signal)
      const connection = await this.#statements.writer(joined.signal)
      this.#lease.settingsChanged = true
      return connection.db.raw
    })
  }

  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    if (this.#fate.isEnding) throw this.#fate.over()
    return this.#executeAtOnce(query, ctx) ?? this.#executeInTurn(query, ctx)
  }

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    return (await this.execute(query, { signal: options?.signal })) as QueryResult<R>
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    ctx: StatementContext = {},
  ): AsyncGenerator<QueryResult<R>> {
    using joined = this.#fate.joined(ctx.signal)
    const { signal } = joined
    const source = stoppable(
      await this.#inTurn('stream', () => this.#statements.openStream(query, signal, ctx)),
      (read) => this.#router.set.run(ctx, read),
    )
    this.#streams.add(source)
    try {
      const chunks = readChunks(source, Math.max(1, chunkSize), () => this.#fate.assertUsable(signal))
      yield* chunks as AsyncGenerator<QueryResult<R>>
    } catch (error) {
      throw this.#failed(error, 'stream')
    } finally {
      this.#streams.delete(source)
    }
  }

  async begin(settings: TransactionSettings, ctx: StatementContext): Promise<void> {
    if (this.#beginAtOnce(settings, ctx.signal)) return
    using joined = this.#fate.joined(ctx.signal)
    const { signal } = joined
    await this.#inTurn('begin', async () => {
      this.#fate.assertUsable(signal)
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
    return this.#fate.doom(reason)
  }

  async release(): Promise<void> {
    await this.#turns.settled()
    if (this.#fate.isReleased) return
    this.#fate.isReleased = true
    // A stream whose reader waits elsewhere would keep its connection, and its snapshot, for as long as it likes.
    for (const source of this.#streams) source.end()
    const { connection } = this.#lease
    const transaction = this.#transaction
    this.#transaction = undefined
    if (transaction !== undefined) this.#lease.settingsChanged ||= !(await transaction.rollbackQuietly())
    else if (connection?.inTransaction === true) this.#lease.settingsChanged = true
    await this.#lease.giveBack()
  }

  get #statements(): SessionStatements {
    this.#made ??= new SessionStatements({
      router: this.#router,
      lease: this.#lease,
      fate: this.#fate,
      holder: this,
      assertNotNested: this.#origin.assertNotNested,
      transaction: () => this.#transaction,
    })
    return this.#made
  }

  /** The hot path of a transaction: nothing under way, and a statement that is known. */
  #executeAtOnce(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | undefined {
    const { connection } = this.#lease
    if (!this.#turns.isIdle || this.#transaction === undefined || connection === undefined) return undefined
    const statement = connection.cached(query.sql)
    if (statement === undefined) return undefined
    try {
      this.#fate.assertUsable(ctx.signal)
      return this.#router.set.run(ctx, () => connection.execute(statement, query.parameters))
    } catch (error) {
      throw this.#failed(error, 'query')
    }
  }

  /** A write transaction that finds both locks free needs nothing to wait for. */
  #beginAtOnce(settings: TransactionSettings, signal: AbortSignal | undefined): boolean {
    const { set } = this.#router
    if (!this.#turns.isIdle || this.#lease.connection !== undefined || settings.accessMode === 'read only') return false
    if (set.options.readOnly || !this.#fate.isUsable(signal) || !this.#lease.tryWriter()) return false
    this.#transaction = SqliteTransaction.tryBegin(set, set.writer)
    return this.#transaction !== undefined
  }

  #commitAtOnce(): boolean {
    const transaction = this.#transaction
    if (!this.#turns.isIdle || this.#fate.doomed !== undefined || transaction === undefined) return false
    this.#transaction = undefined
    if (transaction.tryCommit()) return true
    this.#transaction = transaction
    return false
  }

  #rollbackNow(): void {
    const transaction = this.#transaction
    this.#endTransaction()
    try {
      void transaction?.rollback()
    } catch (error) {
      throw this.#failed(error, 'rollback')
    }
  }

  async #commitSlowly(): Promise<void> {
    const transaction = this.#requireTransaction()
    const { doomed } = this.#fate
    this.#fate.isCommitting = doomed === undefined
    this.#endTransaction()
    try {
      if (doomed === undefined) await transaction.commit()
      else this.#lease.settingsChanged ||= !(await transaction.rollbackQuietly())
    } finally {
      this.#fate.isCommitting = false
    }
    if (doomed !== undefined) throw toldAgain(doomed, 'the transaction was rolled back', 'commit')
  }

  #executeInTurn(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    return this.#inTurn('query', async () => {
      using joined = this.#fate.joined(ctx.signal)
      return await this.#statements.execute(query, joined.signal, ctx)
    })
  }

  async #savepoint(command: 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE', name: string): Promise<void> {
    await this.#inTurn('savepoint', async () => {
      this.#fate.assertUsable(undefined)
      await this.#requireTransaction().savepoint(command, name)
    })
  }

  #requireTransaction(): SqliteTransaction {
    if (this.#transaction === undefined) throw this.#fate.doomed ?? this.#fate.over()
    return this.#transaction
  }

  #endTransaction(): void {
    this.#transaction = undefined
    this.#fate.forgive()
  }

  /** What failed, as a StoreError; an abort, or a rollback that SQLite did by itself, dooms the transaction. */
  #failed(error: unknown, operation: string): StoreError {
    // A driver would say something of its own about a connection that was closed under a transaction.
    if (this.#router.set.isClosed) return this.#fate.over()
    const failure = classifySqliteError(this.#router.set.port, error, operation)
    const isStopped = failure.code === 'ABORTED' || failure.code === 'TIMEOUT'
    if (this.#transaction !== undefined && (isStopped || this.#transaction.isLost)) this.#fate.lose(failure)
    return failure
  }

  /** A statement that comes while the transaction is ending would run after it, on its own. */
  async #ending(operation: string, work: () => Promise<void>): Promise<void> {
    this.#fate.isEnding = true
    try {
      await this.#inTurn(operation, work)
    } finally {
      this.#fate.isEnding = false
    }
  }

  async #inTurn<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(work)
    } catch (error) {
      throw this.#failed(error, operation)
    }
  }
}
