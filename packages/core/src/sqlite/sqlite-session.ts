/**
 * A leased session of a SQLite store: Kysely's connection, its transaction, its streams.
 *
 * One thing at a time: BEGIN, COMMIT and ROLLBACK wait for the statement that is under way. Only cursors stay open
 * beside other statements; see sqlite-cursor.ts.
 */
import type { CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import type { AmbientScope, EngineSession, StatementContext } from '../contract/backend.ts'
import type { StoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { TransactionSession } from '../session/transaction-session.ts'
import type { LongStatements } from './executors/long-statements.ts'
import { SessionLease } from './session-lease.ts'
import { SessionStatements } from './session-statements.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { type RowSource, readChunks } from './sqlite-stream.ts'
import { SqliteTransaction } from './sqlite-transaction.ts'
import type { StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

/** What a session is acquired with. */
export interface SessionOrigin {
  /** Ends what the session waits for, whatever the signal of a single statement. */
  readonly signal: AbortSignal | undefined
  /** The session in whose async context this one is acquired. */
  readonly outer: AmbientScope | undefined
  readonly assertNotNested: () => void
}

export class SqliteSession extends TransactionSession<SqliteTransaction> implements EngineSession, LockHolder {
  readonly #router: StatementRouter
  readonly #long: LongStatements
  readonly #lease: SessionLease
  readonly #origin: SessionOrigin
  /** Made for the first statement that cannot be answered at once; many sessions have none. */
  #made: SessionStatements | undefined
  readonly #streams = new Set<RowSource>()
  /** Of the last statement: what a transaction is known by. */
  #sql: string | undefined

  constructor(router: StatementRouter, long: LongStatements, origin: SessionOrigin) {
    super(origin)
    this.#router = router
    this.#long = long
    this.#lease = new SessionLease(router.set, this, origin.assertNotNested)
    this.#origin = origin
  }

  get label(): string {
    return this.inTransaction ? 'transaction' : 'connection'
  }

  async raw({ signal }: StatementContext): Promise<unknown> {
    return this.joinedTurn('connection', signal, async (joined) => {
      const connection = await this.#statements.writer(joined)
      this.#lease.settingsChanged = true
      return connection.db.raw
    })
  }

  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    if (this.fate.isEnding) throw this.fate.over()
    this.#sql = query.sql
    // Without a connection it is looked at when one is taken, and may then be reopened.
    if (this.#lease.connection !== undefined) this.#router.set.guard.beforeRead()
    return this.#executeAtOnce(query, ctx) ?? this.#executeInTurn(query, ctx)
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    ctx: StatementContext = {},
  ): AsyncGenerator<QueryResult<R>> {
    using joined = this.fate.joined(ctx.signal)
    const { signal } = joined
    this.#sql = query.sql
    const rowCount = Math.max(1, chunkSize)
    const isAbortable = ctx.signal !== undefined
    const request = { signal, rowCount, isAbortable, asked: ctx }
    const source = await this.inTurn('stream', () => this.#statements.openStream(query, request))
    this.#streams.add(source)
    try {
      const chunks = readChunks(source, rowCount, () => this.fate.assertUsable(signal), ctx.timeoutMs)
      yield* chunks as AsyncGenerator<QueryResult<R>>
    } catch (error) {
      throw this.failed(error, 'stream')
    } finally {
      this.#streams.delete(source)
    }
  }

  async begin(settings: TransactionSettings, ctx: StatementContext): Promise<void> {
    if (this.#beginAtOnce(settings, ctx.signal)) return
    using joined = this.fate.joined(ctx.signal)
    const { signal } = joined
    await this.inTurn('begin', async () => {
      this.fate.assertUsable(signal)
      this.assertNoTransaction()
      this.transaction = await SqliteTransaction.begin(this.#router.set, this.#lease, settings, signal)
      if (this.#lease.isReader) this.transaction.onEnd = this.#register()
    })
  }

  override async commit(): Promise<void> {
    try {
      if (this.#commitAtOnce()) return
    } catch (error) {
      throw markTransactionOver(this.failed(error, 'commit'))
    }
    await super.commit()
  }

  override async rollback(): Promise<void> {
    if (this.turns.isIdle) this.#rollbackNow()
    else await super.rollback()
  }

  protected async giveBack(): Promise<void> {
    // A stream whose reader waits elsewhere would keep its connection, and its snapshot, for as long as it likes.
    for (const source of this.#streams) await source.end()
    const { connection } = this.#lease
    const transaction = this.transaction
    this.transaction = undefined
    if (transaction !== undefined) await this.rollbackLost(transaction)
    else if (connection?.inTransaction === true) this.#lease.settingsChanged = true
    await this.#lease.giveBack()
  }

  get #statements(): SessionStatements {
    this.#made ??= new SessionStatements({
      router: this.#router,
      long: this.#long,
      lease: this.#lease,
      fate: this.fate,
      holder: this,
      assertNotNested: this.#origin.assertNotNested,
      transaction: () => this.transaction,
    })
    return this.#made
  }

  /** The hot path of a transaction: nothing under way, and a statement that is known. */
  #executeAtOnce(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | undefined {
    const { connection } = this.#lease
    if (!this.turns.isIdle || this.transaction === undefined || connection === undefined) return undefined
    const statement = connection.cached(query.sql)
    if (statement === undefined) return undefined
    try {
      this.fate.assertUsable(ctx.signal)
      return this.#router.set.execute(connection, statement, query.parameters, ctx.timeoutMs, ctx)
    } catch (error) {
      throw this.failed(error, 'query')
    }
  }

  /** A write transaction that finds both locks free needs nothing to wait for. */
  #beginAtOnce(settings: TransactionSettings, signal: AbortSignal | undefined): boolean {
    const { set } = this.#router
    if (!this.turns.isIdle || this.#lease.connection !== undefined || settings.accessMode === 'read only') return false
    if (set.options.readOnly || !this.fate.isUsable(signal) || !this.#lease.tryWriter()) return false
    this.transaction = SqliteTransaction.tryBegin(set, set.writer)
    return this.transaction !== undefined
  }

  /** A read-only transaction has a snapshot for as long as it is open. */
  #register(): () => void {
    return this.#router.set.registry.add({
      label: 'read-only transaction',
      sql: () => this.#sql,
      end: (reason) => this.cutShort(reason),
    })
  }

  #commitAtOnce(): boolean {
    const transaction = this.transaction
    if (!this.turns.isIdle || this.fate.doomed !== undefined || transaction === undefined) return false
    this.transaction = undefined
    if (transaction.tryCommit()) return true
    this.transaction = transaction
    return false
  }

  #rollbackNow(): void {
    try {
      void this.endTransaction()?.rollback()
    } catch (error) {
      throw this.failed(error, 'rollback')
    }
  }

  protected override async rollbackLost(transaction: SqliteTransaction): Promise<void> {
    this.#lease.settingsChanged ||= !(await transaction.rollbackQuietly())
  }

  #executeInTurn(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const { timeoutMs, isAbortable } = ctx
    return this.joinedTurn('query', ctx.signal, (joined) =>
      this.#statements.execute(query, { signal: joined, timeoutMs, isAbortable }, ctx),
    )
  }

  /** What failed, as a StoreError; an abort, or a rollback that SQLite did by itself, dooms the transaction. */
  protected failed(error: unknown, operation: string): StoreError {
    // A driver would say something of its own about a connection that was closed under a transaction.
    if (this.#router.set.isClosed) return this.fate.over()
    const failure = classifySqliteError(this.#router.set.port, error, operation)
    const isStopped = failure.code === 'ABORTED' || failure.code === 'TIMEOUT'
    if (this.transaction !== undefined && (isStopped || this.transaction.isLost)) this.fate.lose(failure)
    return failure
  }
}
