/**
 * Decides which statements run on a worker: those that have shown to be long.
 *
 *             runs within its budget
 *           ┌──────┐
 *           ▼      │
 *   ──▶ on the caller's thread ──over the budget──▶ again, on a worker ──▶ there at once, from now on
 *           ▲                                                                  │
 *           └───────────────── took clearly less than the budget ──────────────┘
 *
 * A statement on its own that was stopped has done nothing: SQLite has undone it. Statements of a transaction on the
 * caller's thread cannot be moved, and have no budget.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { StatementContext } from '../../contract/backend.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import type { ConnectionSet } from '../connection-set.ts'
import { StatementStopped } from '../guarded-calls.ts'
import type { RowSource } from '../sqlite-stream.ts'
import { StatementCache } from '../statement-cache.ts'
import { callsConnectionFunction, type StatementClass } from '../statement-class.ts'
import { changesSchema } from '../statement-router.ts'
import type { WorkerUse } from './executor-pool.ts'
import type { WorkerStatements } from './worker-statements.ts'

/** Texts that are remembered. */
const REMEMBERED = 1000
/**
 * The share of the budget below which one comes back. Near to 1 it would go to and fro; far below, one that was stopped in a
 * pause of the garbage collection, and is not long, would never come back.
 */
const BACK_BELOW = 0.75

/** A plain read that is to be a stream. */
export interface StreamRequest {
  readonly query: CompiledQuery
  readonly kind: StatementClass
  readonly chunkSize: number
  readonly signal: AbortSignal | undefined
  /** Whether its caller wants to stop it at any moment. */
  readonly isAbortable: boolean
}

/** Opens a source of rows on the caller's thread. */
export type OpenInline = () => Promise<RowSource | undefined>

export class LongStatements {
  readonly #set: ConnectionSet
  readonly #workers: WorkerStatements | undefined
  readonly #budgetMs: number | undefined
  /** What each of them was run as. */
  readonly #long = new StatementCache<WorkerUse>(REMEMBERED)

  /** Without a budget none is known to be long, and those that are to be stopped go to a worker from the start. */
  constructor(set: ConnectionSet, workers: WorkerStatements | undefined, budgetMs: number | undefined) {
    this.#set = set
    this.#workers = workers
    this.#budgetMs = workers === undefined ? undefined : budgetMs
  }

  /** Whether a statement has to think about where it runs before it does. */
  startsElsewhere({ isAbortable }: StatementContext): boolean {
    return isAbortable === true && this.#budgetMs === undefined && this.#workers !== undefined
  }

  /** How long a statement on its own may run on the caller's thread. */
  limitMs(timeoutMs: number | undefined): number | undefined {
    const budgetMs = this.#budgetMs
    return timeoutMs === undefined || (budgetMs !== undefined && budgetMs < timeoutMs) ? budgetMs : timeoutMs
  }

  /** Whether `error` means that a statement took longer than its budget, rather than than its timeout. */
  isOverBudget(error: unknown, timeoutMs: number | undefined): boolean {
    return error instanceof StatementStopped && this.#budgetMs !== undefined && error.limitMs !== timeoutMs
  }

  /** From now on it goes to a worker at once. */
  remember(sql: string, use: WorkerUse): void {
    this.#long.set(sql, use)
    this.#set.forgetStatement(sql)
  }

  /** Whether it is long, and a plain read, which somebody has made sure of then. */
  isLongRead(sql: string): boolean {
    return this.#long.get(sql) === 'read' && this.#workersFor(sql, 'read', 'read') !== undefined
  }

  /** Runs a statement on its own, where it belongs; for `write` the caller has the write lock, and keeps it. */
  async run(
    query: CompiledQuery,
    kind: StatementClass,
    use: WorkerUse,
    ctx: StatementContext,
    inline: (limitMs: number | undefined) => QueryResult<unknown>,
  ): Promise<QueryResult<unknown>> {
    const { sql } = query
    const { signal, timeoutMs } = ctx
    const workers = this.#workersFor(sql, kind, use)
    if (workers === undefined) return retryWhileBusy(this.#set.busy, signal, () => inline(timeoutMs))
    if (this.#long.get(sql) !== use && !this.startsElsewhere(ctx)) {
      try {
        return await retryWhileBusy(this.#set.busy, signal, () => inline(this.limitMs(timeoutMs)))
      } catch (error) {
        if (!this.isOverBudget(error, timeoutMs)) throw error
        this.remember(sql, use)
      }
    }
    return this.#runThere(workers, query, kind, use, ctx)
  }

  /** Opens a plain read as a stream: on a worker if it is long or `isAbortable`, else here until that shows. */
  async openStream(
    { query, kind, chunkSize, signal, isAbortable }: StreamRequest,
    inline: OpenInline,
  ): Promise<RowSource | undefined> {
    const workers = this.#workersFor(query.sql, kind, 'read')
    if (workers === undefined) return inline()
    const there = (): Promise<RowSource> => workers.openStream(query, kind, chunkSize, signal)
    if (isAbortable || this.#long.get(query.sql) === 'read') return there()
    const source = await inline()
    return source && this.#movable(source, query.sql, there)
  }

  /** A source whose first chunk has the budget; before the first row was given, nobody sees that it moves. */
  #movable(source: RowSource, sql: string, there: () => Promise<RowSource>): RowSource {
    let current = source
    let isFirst = true
    return {
      read: async (count, timeoutMs) => {
        if (!isFirst) return current.read(count, timeoutMs)
        isFirst = false
        try {
          return await source.read(count, this.limitMs(timeoutMs))
        } catch (error) {
          if (!this.isOverBudget(error, timeoutMs)) throw error
          this.remember(sql, 'read')
          await source.end()
          current = await there()
          return current.read(count, timeoutMs)
        }
      },
      end: () => current.end(),
    }
  }

  async #runThere(
    workers: WorkerStatements,
    query: CompiledQuery,
    kind: StatementClass,
    use: WorkerUse,
    ctx: StatementContext,
  ): Promise<QueryResult<unknown>> {
    const { result, tookMs } = await workers.execute(query, kind, use, ctx)
    if (tookMs <= BACK_BELOW * (this.#budgetMs ?? 0)) this.#long.delete(query.sql)
    if (changesSchema(kind)) this.#set.schemaChanged()
    return result
  }

  /** An object of TEMP, and what a connection remembers of its last change, are on the writer alone. */
  #workersFor(sql: string, kind: StatementClass, use: WorkerUse): WorkerStatements | undefined {
    const workers = this.#workers
    if (workers === undefined || this.#set.reader === undefined || kind === 'temporary schema') return undefined
    if (use === 'write' && !workers.pool.canWrite) return undefined
    return kind === 'write' && callsConnectionFunction(sql) ? undefined : workers
  }
}
