/**
 * A leased session of a Postgres store: Kysely's connection, its transaction, its streams.
 *
 *   nothing ── the first statement ──▶ a connection of the pool ── release() ──▶ given back, or closed
 *
 * One thing at a time: BEGIN, COMMIT and ROLLBACK wait for the statement that is under way. A statement that fails leaves
 * its transaction to be rolled back, to a savepoint or as a whole: until then the server takes nothing else, and what
 * comes is told the first error again.
 */
import type { AmbientScope, EngineSession, StatementContext, StoreError } from '@upkeep/core'
import { type SavepointCommand, TransactionSession, toldAgain } from '@upkeep/core/backend'
import type { CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import { lendClient } from './lent-client.ts'
import { classifyPostgresError } from './postgres-errors.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import { IN_FAILED_TRANSACTION, PostgresTransaction } from './postgres-transaction.ts'
import type { ServerConnection } from './server-connection.ts'
import { readChunks, SessionStreams } from './session-streams.ts'
import { assertOnSession, type BoundStatement, type StatementChecks } from './statement-checks.ts'
import type { StatementRunner } from './statement-runner.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly lease: (signal: AbortSignal | undefined) => Promise<ServerConnection>
  readonly giveBack: (connection: ServerConnection) => void
  readonly runner: StatementRunner
  readonly checks: StatementChecks
  readonly options: ResolvedPostgresOptions
  /** Ends what the session waits for, whatever the signal of a single statement. */
  readonly signal: AbortSignal | undefined
  /** The session in whose async context this one is acquired. */
  readonly outer: AmbientScope | undefined
}

export class PostgresSession extends TransactionSession<PostgresTransaction> implements EngineSession {
  readonly #parts: SessionParts
  #connection: ServerConnection | undefined
  /** What the transaction has failed with, as long as the server takes nothing but a rollback. */
  #firstFailure: StoreError | undefined
  #streams: SessionStreams | undefined

  constructor(parts: SessionParts) {
    super(parts)
    this.#parts = parts
  }

  /** Whether it may have locks: a transaction is open that may write, or somebody has the driver's own handle. */
  get isHolding(): boolean {
    return this.transaction?.mayWrite === true || this.#connection?.isSpoilt === true
  }

  async raw({ signal }: StatementContext): Promise<unknown> {
    return this.joinedTurn('connection', signal, async (joined) => {
      const connection = await this.#leased(joined)
      await this.transaction?.begin({ signal: joined })
      return lendClient(connection.client, () => {
        connection.isSpoilt = true
      })
    })
  }

  execute(query: CompiledQuery, { signal, timeoutMs }: StatementContext): Promise<QueryResult<unknown>> {
    if (this.fate.isEnding) throw this.fate.over()
    return this.joinedTurn('query', signal, async (joined) => {
      const { connection, statement } = await this.#begun(query, joined)
      const limits = { signal: joined, timeoutMs }
      await this.#streams?.settle(limits)
      return this.#parts.runner.execute(connection, statement, limits, this.transaction?.takeBegin())
    })
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    { signal, timeoutMs }: StatementContext = {},
  ): AsyncGenerator<QueryResult<R>> {
    const size = Math.max(1, chunkSize)
    const stream = await this.joinedTurn('stream', signal, async (joined) => {
      const { connection, statement } = await this.#begun(query, joined)
      await this.transaction?.begin({ signal: joined })
      this.#streams ??= new SessionStreams(
        this.#parts.runner,
        connection,
        this.#parts.options,
        () => this.inTransaction,
      )
      return this.#streams.open(statement, { signal: joined })
    })
    const read = (): Promise<unknown[]> =>
      this.joinedTurn('stream', signal, async (joined) => {
        // Also of rows that are there already.
        this.#assertUsable(joined)
        return stream.read(size, { signal: joined, timeoutMs })
      })
    yield* readChunks<R>(size, read, (isGood) => this.turns.run(() => this.#endStream(stream, isGood)))
  }

  /** Kysely's: the signal of a statement stops it in the server already. */
  async cancelQuery(): Promise<void> {}

  /** Kysely's: as {@link cancelQuery}, and nobody has the connection afterwards. */
  async killSession(): Promise<void> {
    if (this.#connection !== undefined) this.#connection.isSpoilt = true
  }

  async begin(settings: TransactionSettings, { signal }: StatementContext): Promise<void> {
    await this.joinedTurn('begin', signal, async (joined) => {
      this.fate.assertUsable(joined)
      this.assertNoTransaction()
      const connection = await this.#leased(joined)
      await this.#streams?.settle({ signal: joined })
      const { runner, options } = this.#parts
      const transaction = new PostgresTransaction(runner, connection, options, settings)
      try {
        if (!transaction.canWait) await transaction.begin({ signal: joined })
      } catch (error) {
        // It may have begun, and its settings not be there: nobody else gets the connection.
        if (connection.inTransaction) connection.isSpoilt = true
        throw error
      }
      this.transaction = transaction
    })
  }

  override async rollback(): Promise<void> {
    await this.ending('rollback', async () => {
      const transaction = this.endTransaction()
      if (this.#connection?.lost === undefined) await transaction?.rollback()
    })
  }

  protected async giveBack(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    if (connection === undefined) return
    this.#streams?.fail(this.fate.over())
    const transaction = this.transaction ?? this.#streams?.ownTransaction
    this.transaction = undefined
    await transaction?.rollbackQuietly()
    this.#parts.giveBack(connection)
  }

  /** Everything that is to be known before a statement goes out. */
  async #begun(
    query: CompiledQuery,
    signal: AbortSignal,
  ): Promise<{ connection: ServerConnection; statement: BoundStatement }> {
    this.#assertUsable(signal)
    const statement = this.#parts.checks.bound(query)
    const connection = await this.#leased(signal)
    assertOnSession(statement.kind, connection, this.inTransaction)
    return { connection, statement }
  }

  async #leased(signal: AbortSignal | undefined): Promise<ServerConnection> {
    this.#connection ??= await this.#parts.lease(signal)
    return this.#connection
  }

  async #endStream(stream: { end(isGood: boolean): Promise<void> }, isGood: boolean): Promise<void> {
    try {
      await stream.end(isGood)
    } catch (error) {
      throw this.failed(error, 'stream')
    }
  }

  protected override async runSavepoint(command: SavepointCommand, name: string): Promise<void> {
    // It is what the server still takes after a failure.
    if (command !== 'ROLLBACK TO') this.#assertUsable(undefined)
    await super.runSavepoint(command, name)
    if (command === 'ROLLBACK TO') this.#firstFailure = undefined
  }

  /** @throws also what the transaction has failed with before */
  #assertUsable(signal: AbortSignal | undefined): void {
    this.fate.assertUsable(signal)
    if (this.#firstFailure !== undefined) throw toldAgain(this.#firstFailure, 'the transaction has failed', 'query')
  }

  protected override get failure(): StoreError | undefined {
    return this.fate.doomed ?? this.#firstFailure
  }

  /** Whether the server has no transaction any more, or never had it. */
  get #isGone(): boolean {
    const connection = this.#connection
    if (connection === undefined || connection.lost !== undefined) return true
    return this.transaction?.isBegun === true && !connection.inTransaction
  }

  protected override endTransaction(): PostgresTransaction | undefined {
    this.#firstFailure = undefined
    return super.endTransaction()
  }

  /** What failed, as a StoreError. An abort dooms the transaction, as does the loss of its connection, or of its BEGIN. */
  protected failed(error: unknown, operation: string): StoreError {
    const failure = classifyPostgresError(error, operation)
    if (this.transaction === undefined) return failure
    const isStopped = failure.code === 'ABORTED' || failure.code === 'TIMEOUT'
    if (isStopped || this.#isGone) this.fate.lose(failure)
    else if (this.#connection?.isFailed === true && failure.nativeCode !== IN_FAILED_TRANSACTION) {
      this.#firstFailure ??= failure
    }
    return failure
  }
}
