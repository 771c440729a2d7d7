/**
 * A transaction that runs whole on a worker: `store.transaction()` with a signal, or with `executor: 'worker'`.
 *
 * Whatever it runs can be stopped, and holds the thread of nobody. It takes the write lock of the store as any other
 * transaction does, and a worker when it has that. It is no connection: it runs nothing outside of its transaction.
 */
import type { CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import { openDeadline } from '../../abort/deadline.ts'
import type { EngineSession, StatementContext } from '../../contract/backend.ts'
import { invalidArgument, StoreError } from '../../errors/store-error.ts'
import { TransactionSession } from '../../session/transaction-session.ts'
import { bindParameters } from '../bind-values.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import type { SessionOrigin } from '../sqlite-session.ts'
import { readChunks } from '../sqlite-stream.ts'
import { SqliteTransaction } from '../sqlite-transaction.ts'
import type { StatementClass } from '../statement-class.ts'
import { changesSchema, type StatementRouter } from '../statement-router.ts'
import type { LockHolder } from '../write-lock.ts'
import type { ExecutorPool } from './executor-pool.ts'
import type { RemoteConnection } from './remote-connection.ts'
import type { RemoteStream } from './remote-stream.ts'
import { WorkerLease } from './worker-lease.ts'

export class RemoteSession extends TransactionSession<SqliteTransaction> implements EngineSession, LockHolder {
  readonly label = 'transaction'
  readonly #router: StatementRouter
  readonly #lease: WorkerLease
  readonly #streams = new Set<RemoteStream>()
  /** Of the last statement: what a transaction is known by. */
  #sql: string | undefined

  constructor(router: StatementRouter, pool: ExecutorPool, origin: SessionOrigin) {
    super(origin)
    this.#router = router
    this.#lease = new WorkerLease(router.set, pool, this, origin.assertNotNested)
  }

  async raw(): Promise<unknown> {
    throw new StoreError('UNSUPPORTED', 'a transaction on a worker has no handle here', { operation: 'connection' })
  }

  execute(query: CompiledQuery, { signal, timeoutMs }: StatementContext): Promise<QueryResult<unknown>> {
    if (this.fate.isEnding) throw this.fate.over()
    return this.joinedTurn('query', signal, async (joined) => {
      const { connection, kind } = this.#ready(query, joined)
      const parameters = bindParameters(query.parameters)
      using deadline = openDeadline({ signal: joined, timeoutMs }, this.#router.set.clock, 'query')
      this.#router.set.counters.worker++
      const { result } = await connection.execute({ sql: query.sql, kind, parameters }, 'CONNECTION', deadline.signal)
      return result
    })
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    { signal, timeoutMs }: StatementContext = {},
  ): AsyncGenerator<QueryResult<R>> {
    using joined = this.fate.joined(signal)
    const rows = Math.max(1, chunkSize)
    const stream = await this.inTurn('stream', async () => {
      const { connection, kind } = this.#ready(query, joined.signal)
      const parameters = bindParameters(query.parameters)
      this.#router.set.counters.worker++
      return connection.openStream({ sql: query.sql, kind, parameters, chunkSize: rows }, joined.signal)
    })
    this.#streams.add(stream)
    try {
      const chunks = readChunks(stream, rows, () => this.fate.assertUsable(joined.signal), timeoutMs)
      yield* chunks as AsyncGenerator<QueryResult<R>>
    } catch (error) {
      throw this.failed(error, 'stream')
    } finally {
      this.#streams.delete(stream)
    }
  }

  async begin(settings: TransactionSettings, { signal }: StatementContext): Promise<void> {
    using joined = this.fate.joined(signal)
    await this.inTurn('begin', async () => {
      this.fate.assertUsable(joined.signal)
      this.assertNoTransaction()
      const { set } = this.#router
      const transaction = await SqliteTransaction.begin(set, this.#lease, settings, joined.signal)
      if (settings.accessMode === 'read only' || set.options.readOnly) transaction.onEnd = this.#register()
      this.transaction = transaction
    })
  }

  /** A read-only transaction has a snapshot for as long as it is open. */
  #register(): () => void {
    return this.#router.set.registry.add({
      label: 'read-only transaction',
      sql: () => this.#sql,
      end: (reason) => this.cutShort(reason),
    })
  }

  protected async giveBack(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.end()))
    await this.endTransaction()?.rollbackQuietly()
    this.#lease.giveBack()
  }

  /** The connection of the open transaction, for a statement that may run in it. */
  #ready(query: CompiledQuery, signal: AbortSignal): { connection: RemoteConnection; kind: StatementClass } {
    this.fate.assertUsable(signal)
    this.#router.set.guard.beforeRead()
    const { connection } = this.#lease
    if (this.transaction === undefined || connection === undefined) throw this.fate.over()
    this.#sql = query.sql
    const kind = this.#router.classify(query.sql)
    if (kind === 'transaction') {
      throw invalidArgument('this transaction is ended by its owner, and savepoints are made by nested()', 'query')
    }
    if (kind === 'connection' || kind === 'temporary schema') this.#lease.settingsChanged = true
    if (changesSchema(kind)) this.transaction.schemaChanged = true
    return { connection, kind }
  }

  /** What failed, as a StoreError; an abort, or a rollback that SQLite did by itself, dooms the transaction. */
  protected failed(error: unknown, operation: string): StoreError {
    const failure = classifySqliteError(this.#router.set.port, error, operation)
    const isStopped = failure.code === 'ABORTED' || failure.code === 'TIMEOUT' || failure.code === 'CLOSED'
    if (this.transaction !== undefined && (isStopped || this.transaction.isLost)) this.fate.lose(failure)
    return failure
  }
}
