/**
 * Statements of a store that run on its workers, each on a connection that it leases for itself.
 *
 * The write lock is the caller's business, and so is what may run there: see {@link LongStatements}.
 */
import type { CompiledQuery } from 'kysely'
import { openDeadline } from '../../abort/deadline.ts'
import type { StatementContext } from '../../contract/backend.ts'
import type { Clock } from '../../contract/clock.ts'
import { bindParameters } from '../bind-values.ts'
import { type BusyPolicy, retryWhileBusy } from '../busy-wait.ts'
import type { SqliteCounters } from '../sqlite-counters.ts'
import type { RowSource } from '../sqlite-stream.ts'
import type { StatementClass } from '../statement-class.ts'
import type { ExecutorPool, WorkerUse } from './executor-pool.ts'
import type { RemoteResult } from './remote-connection.ts'

/** What it needs of its store. */
export interface WorkerParts {
  readonly pool: ExecutorPool
  readonly clock: Clock
  readonly busy: BusyPolicy
  readonly counters: SqliteCounters
}

export class WorkerStatements {
  readonly pool: ExecutorPool
  readonly #parts: WorkerParts

  constructor(parts: WorkerParts) {
    this.pool = parts.pool
    this.#parts = parts
  }

  /** Runs a statement on its own. @throws what SQLite says, ABORTED, TIMEOUT, CLOSED, CONNECTION, OUTCOME_UNKNOWN */
  async execute(
    { sql, parameters }: CompiledQuery,
    kind: StatementClass,
    use: WorkerUse,
    { signal, timeoutMs }: StatementContext,
  ): Promise<RemoteResult> {
    const argument = { sql, kind, parameters: bindParameters(parameters) }
    const { pool, clock, busy, counters } = this.#parts
    const connection = await pool.lease(use, signal)
    counters.worker++
    using deadline = openDeadline({ signal, timeoutMs }, clock, 'query')
    try {
      const ifGone = use === 'read' ? 'CONNECTION' : 'OUTCOME_UNKNOWN'
      return await retryWhileBusy(busy, deadline.signal, () => connection.execute(argument, ifGone, deadline.signal))
    } finally {
      pool.giveBack(connection)
    }
  }

  /** A plain read, row by row, from one snapshot. */
  async openStream(
    { sql, parameters }: CompiledQuery,
    kind: StatementClass,
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): Promise<RowSource> {
    const argument = { sql, kind, chunkSize, parameters: bindParameters(parameters) }
    const { pool, counters } = this.#parts
    const connection = await pool.lease('read', signal)
    counters.worker++
    const stream = connection.openStream(argument, signal)
    let ending: Promise<void> | undefined
    return {
      read: (count, limitMs) => stream.read(count, limitMs),
      end: () => {
        ending ??= stream.end().then(() => pool.giveBack(connection))
        return ending
      },
    }
  }
}
