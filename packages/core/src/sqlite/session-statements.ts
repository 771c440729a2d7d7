/**
 * How a statement of a session gets its connection, and whether it may run there: the shared reader for a plain read as
 * long as nothing is leased, else the connection that the session has or takes.
 *
 * The order of statements, and what a failure means for the session, is the session's.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { StatementContext } from '../contract/backend.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { SessionFate } from './session-fate.ts'
import type { SessionLease } from './session-lease.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { openCursor } from './sqlite-cursor.ts'
import { openSharedStream, type RowSource, rowsInMemory } from './sqlite-stream.ts'
import type { SqliteTransaction } from './sqlite-transaction.ts'
import type { StatementClass } from './statement-class.ts'
import { changesSchema, type StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

/** What it needs of its session. */
export interface SessionParts {
  readonly router: StatementRouter
  readonly lease: SessionLease
  readonly fate: SessionFate
  readonly holder: LockHolder
  readonly assertNotNested: () => void
  /** The one that is open. */
  readonly transaction: () => SqliteTransaction | undefined
}

export class SessionStatements {
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** `signal` ends what it waits for; `ctx` what it runs. */
  async execute(
    query: CompiledQuery,
    signal: AbortSignal | undefined,
    ctx: StatementContext,
  ): Promise<QueryResult<unknown>> {
    const { router, lease, fate, transaction } = this.#parts
    fate.assertUsable(signal)
    const kind = router.classify(query.sql)
    const { set } = router
    const { busy } = set
    if (lease.connection === undefined) {
      const read = await router.plainRead(query.sql, kind, signal)
      if (read !== undefined)
        return retryWhileBusy(busy, signal, () => set.run(ctx, () => read.execute(query.parameters)))
    }
    const connection = await this.writer(signal)
    this.#assertAllowed(kind)
    const run = (): QueryResult<unknown> => set.run(ctx, () => this.#run(connection, query, kind))
    return transaction() === undefined ? retryWhileBusy(busy, signal, run) : run()
  }

  async openStream(query: CompiledQuery, signal: AbortSignal | undefined, ctx: StatementContext): Promise<RowSource> {
    const { router, lease, fate, holder, assertNotNested } = this.#parts
    fate.assertUsable(signal)
    const kind = router.classify(query.sql)
    if (lease.connection === undefined) {
      if (router.set.readers === undefined) assertNotNested()
      const source = await openSharedStream(router, query, kind, holder, signal)
      if (source !== undefined) return source
    }
    const connection = await this.writer(signal)
    this.#assertAllowed(kind)
    const run = (): QueryResult<unknown> => this.#run(connection, query, kind)
    return openCursor(connection, query, kind) ?? rowsInMemory(router.set.run(ctx, run).rows)
  }

  /** The session may have ended while it waited for the lock. */
  async writer(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    const connection = await this.#parts.lease.writer(signal)
    this.#parts.fate.assertUsable(signal)
    return connection
  }

  #run(connection: SqliteConnection, { sql, parameters }: CompiledQuery, kind: StatementClass): QueryResult<unknown> {
    const transaction = this.#parts.transaction()
    if (transaction !== undefined && changesSchema(kind)) transaction.schemaChanged = true
    return this.#parts.router.run(connection, sql, kind, parameters)
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
