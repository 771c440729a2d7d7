/**
 * How a statement of a session gets its connection, and whether it may run there: the shared reader for a plain read as
 * long as nothing is leased, else the connection that the session has or takes.
 *
 * The order of statements, and what a failure means for the session, is the session's.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { StatementContext } from '../contract/backend.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import type { SessionFate } from '../session/session-fate.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { LongStatements } from './executors/long-statements.ts'
import { isPlainRead, runPlainRead } from './plain-read.ts'
import type { SessionLease } from './session-lease.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { openCursor } from './sqlite-cursor.ts'
import { openSharedStream, type RowSource, rowsInMemory, stoppable } from './sqlite-stream.ts'
import type { SqliteTransaction } from './sqlite-transaction.ts'
import type { StatementClass } from './statement-class.ts'
import { changesSchema, type StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

/** What it needs of its session. */
export interface SessionParts {
  readonly router: StatementRouter
  readonly long: LongStatements
  readonly lease: SessionLease
  readonly fate: SessionFate
  readonly holder: LockHolder
  readonly assertNotNested: () => void
  /** The one that is open. */
  readonly transaction: () => SqliteTransaction | undefined
}

/** How a stream is opened. */
export interface SessionStream {
  readonly signal: AbortSignal
  readonly rowCount: number
  /** Whether it is to be one that its caller can stop at any moment. */
  readonly isAbortable: boolean
  /** What stops it while its rows are read. */
  readonly asked: StatementContext
}

export class SessionStatements {
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** `ctx` is that of the session too; `asked`, of this statement alone, is what stops it while it runs. */
  async execute(query: CompiledQuery, ctx: StatementContext, asked: StatementContext): Promise<QueryResult<unknown>> {
    const { signal, timeoutMs: limitMs } = ctx
    const { router, long, lease, fate, transaction } = this.#parts
    fate.assertUsable(signal)
    const kind = router.classify(query.sql)
    const { set } = router
    const { busy } = set
    if (lease.connection === undefined) {
      await set.whenUsable(signal)
      const read = await runPlainRead(router, long, query, kind, ctx)
      if (read !== undefined) return read
    }
    const connection = await this.writer(signal)
    this.#assertAllowed(kind)
    const run = (): QueryResult<unknown> => set.run(asked, () => this.#run(connection, query, kind, limitMs))
    return transaction() === undefined ? retryWhileBusy(busy, signal, run) : run()
  }

  async openStream(query: CompiledQuery, request: SessionStream): Promise<RowSource> {
    const { set } = this.#parts.router
    const source = await this.#openSource(query, request)
    return set.stopper === undefined ? source : stoppable(source, (read) => set.run(request.asked, read))
  }

  async #openSource(
    query: CompiledQuery,
    { signal, rowCount: chunkSize, isAbortable, asked }: SessionStream,
  ): Promise<RowSource> {
    const { router, long, lease, fate, holder, assertNotNested } = this.#parts
    fate.assertUsable(signal)
    const kind = router.classify(query.sql)
    if (lease.connection === undefined) {
      await router.set.whenUsable(signal)
      if (router.set.readers === undefined) assertNotNested()
      const inline = (): Promise<RowSource | undefined> => openSharedStream(router, query, kind, holder, signal)
      const source = (await isPlainRead(router, long, query.sql, kind, signal))
        ? await long.openStream({ query, kind, chunkSize, signal, isAbortable }, inline)
        : await inline()
      if (source !== undefined) return source
    }
    const connection = await this.writer(signal)
    this.#assertAllowed(kind)
    const run = (): QueryResult<unknown> => this.#run(connection, query, kind, undefined)
    return openCursor(connection, query, kind) ?? rowsInMemory(router.set.run(asked, run).rows)
  }

  /** The session may have ended while it waited for the lock. */
  async writer(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    const connection = await this.#parts.lease.writer(signal)
    this.#parts.fate.assertUsable(signal)
    return connection
  }

  #run(
    connection: SqliteConnection,
    { sql, parameters }: CompiledQuery,
    kind: StatementClass,
    limitMs: number | undefined,
  ): QueryResult<unknown> {
    const transaction = this.#parts.transaction()
    if (transaction === undefined) this.#parts.router.set.guard.beforeWrite()
    if (transaction !== undefined && changesSchema(kind)) transaction.schemaChanged = true
    return this.#parts.router.run(connection, sql, kind, parameters, limitMs)
  }

  #assertAllowed(kind: StatementClass): void {
    const { lease, transaction } = this.#parts
    if (kind === 'transaction' && transaction() !== undefined) {
      throw invalidArgument('this transaction is ended by its owner, and savepoints are made by nested()', 'query')
    }
    if (kind !== 'connection' && kind !== 'transaction') return
    if (lease.isReader) {
      throw new StoreError('READONLY', 'a read-only transaction changes no settings', { operation: 'query' })
    }
    lease.settingsChanged = true
  }
}
