/**
 * A statement on a connection that the caller has: prepared, run, and run once more where only its plan was stale.
 *
 * After a change of the schema the server refuses to run what was prepared before (0A000), and after a DISCARD or a
 * DEALLOCATE it no longer knows it (26000), or knows something else by that name (42P05). It says so before it has begun
 * to run it. Outside a transaction the statement is prepared anew and run again; a transaction has failed with it, and
 * can be run again as a whole.
 */
import { type Clock, StoreError } from '@upkeep/core'
import type { QueryResult } from 'kysely'
import { STALE_RESULT } from './postgres-errors.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import type { StatementRegistry } from './prepared-statements.ts'
import type { ServerConnection } from './server-connection.ts'
import type { ServerConnector } from './server-connector.ts'
import { type ServerRequest, TextRequest } from './server-request.ts'
import { prefaceOf } from './server-settings.ts'
import type { BoundStatement } from './statement-checks.ts'
import { mayWrite } from './statement-class.ts'
import { StatementRequest } from './statement-request.ts'
import { StoppableRuns } from './stoppable-run.ts'

/** How it runs. */
export interface StatementLimits {
  readonly signal?: AbortSignal | undefined
  /** In milliseconds, from here on. */
  readonly timeoutMs?: number | undefined
  /** A question of the store's own, which counts nowhere. @default false */
  readonly isOurs?: boolean | undefined
}

const STALE_PLANS: ReadonlySet<string> = new Set([STALE_RESULT, '26000', '42P05'])

export class StatementRunner {
  readonly #runs: StoppableRuns
  readonly #registry: StatementRegistry
  readonly #options: ResolvedPostgresOptions
  executed = 0

  constructor(connector: ServerConnector, registry: StatementRegistry, clock: Clock, options: ResolvedPostgresOptions) {
    this.#runs = new StoppableRuns(connector, clock, options.cancelTimeoutMs)
    this.#registry = registry
    this.#options = options
  }

  /** Counts anew from here on. */
  resetStats(): void {
    this.executed = 0
    this.#registry.hits = 0
    this.#registry.misses = 0
  }

  get registry(): StatementRegistry {
    return this.#registry
  }

  /** `begin` is sent before it, in one message. @throws what became of it; see {@link StoppableRuns.run} */
  async execute(
    connection: ServerConnection,
    statement: BoundStatement,
    limits: StatementLimits,
    begin?: string | undefined,
  ): Promise<QueryResult<unknown>> {
    if (limits.isOurs !== true) this.executed++
    try {
      return await this.#once(connection, statement, limits, begin)
    } catch (error) {
      if (!isStalePlan(error)) throw error
      this.#registry.schemaChanged()
      if (connection.inTransaction) throw staleInTransaction(error as StoreError)
      return await this.#once(connection, statement, limits)
    }
  }

  /** A request of the store's own; without a limit of its caller's it has that of such requests. */
  run<R extends ServerRequest>(
    connection: ServerConnection,
    request: R,
    operation: string,
    { signal, timeoutMs = this.#options.controlTimeoutMs }: StatementLimits = {},
    isFinal = false,
  ): Promise<R> {
    return this.#runs.run(connection, request, { operation, signal, timeoutMs, isFinal })
  }

  /** The same for a statement of the application, or a part of one: it may take as long as its caller says. */
  runPart<R extends ServerRequest>(
    connection: ServerConnection,
    request: R,
    operation: string,
    { signal, timeoutMs }: StatementLimits,
  ): Promise<R> {
    return this.#runs.run(connection, request, { operation, signal, timeoutMs, isFinal: false })
  }

  /** A text of ours. */
  async text(
    connection: ServerConnection,
    sql: string,
    operation: string,
    limits?: StatementLimits,
  ): Promise<TextRequest> {
    return this.run(connection, new TextRequest(sql), operation, limits)
  }

  async #once(
    connection: ServerConnection,
    statement: BoundStatement,
    { signal, timeoutMs, isOurs }: StatementLimits,
    begin?: string | undefined,
  ): Promise<QueryResult<unknown>> {
    const { sql, values, kind } = statement
    const inTransaction = begin !== undefined || connection.inTransaction
    const preface = connection.facts.isPooled && !inTransaction ? prefaceOf(this.#options, statement) : begin
    const prepared = connection.statements.get(sql, kind, isOurs !== true)
    const request = new StatementRequest(prepared, values, connection.statements.takeStale(), preface)
    const isFinal = mayWrite(kind) && !inTransaction
    await this.#runs.run(connection, request, { operation: 'query', signal, timeoutMs, isFinal })
    if (kind === 'command') this.#registry.schemaChanged()
    return request.result
  }
}

function isStalePlan(error: unknown): boolean {
  return error instanceof StoreError && STALE_PLANS.has(error.nativeCode ?? '')
}

function staleInTransaction({ nativeCode }: StoreError): StoreError {
  const message = 'the schema was changed under a prepared statement; the transaction can be run again'
  return new StoreError('SERIALIZATION', message, { operation: 'query', nativeCode })
}
