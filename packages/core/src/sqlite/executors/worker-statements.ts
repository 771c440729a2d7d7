/**
 * Statements of a store that run on its workers, each on a connection that it leases for itself.
 *
 * The write lock is the caller's business, and so is what may run there: see {@link LongStatements}.
 */
import type { CompiledQuery } from 'kysely'
import { openDeadline } from '../../abort/deadline.ts'
import type { StatementContext } from '../../contract/backend.ts'
import type { Clock } from '../../contract/clock.ts'
import type { StoreError } from '../../errors/store-error.ts'
import type { Autocheckpoint } from '../autocheckpoint.ts'
import { bindParameters } from '../bind-values.ts'
import { type BusyPolicy, retryWhileBusy } from '../busy-wait.ts'
import type { FileGuard } from '../file-guard.ts'
import type { ReaderRegistry } from '../reader-registry.ts'
import type { SqliteCounters } from '../sqlite-counters.ts'
import type { RowSource } from '../sqlite-stream.ts'
import type { StatementClass } from '../statement-class.ts'
import type { ExecutorPool, WorkerUse } from './executor-pool.ts'
import type { RemoteConnection, RemoteResult } from './remote-connection.ts'

/** What it needs of its store. */
export interface WorkerParts {
  readonly pool: ExecutorPool
  readonly clock: Clock
  readonly busy: BusyPolicy
  readonly counters: SqliteCounters
  readonly guard: FileGuard
  readonly registry: ReaderRegistry
  readonly autocheckpoint: Autocheckpoint
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
    const { clock, busy, counters, autocheckpoint } = this.#parts
    const connection = await this.#lease(use, signal)
    counters.worker++
    const cut = new AbortController()
    const forget = use === 'read' ? this.#register('statement', sql, (reason) => cut.abort(reason)) : undefined
    using deadline = openDeadline({ signal, timeoutMs }, clock, 'query', cut.signal)
    try {
      if (use === 'write') await connection.copyLogOnCommit(autocheckpoint.pages)
      const ifGone = use === 'read' ? 'CONNECTION' : 'OUTCOME_UNKNOWN'
      return await retryWhileBusy(busy, deadline.signal, () => connection.execute(argument, ifGone, deadline.signal))
    } finally {
      forget?.()
      this.pool.giveBack(connection)
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
    const connection = await this.#lease('read', signal)
    this.#parts.counters.worker++
    const stream = connection.openStream(argument, signal)
    const forget = this.#register('stream', sql, (reason) => stream.fail(reason))
    let ending: Promise<void> | undefined
    return {
      read: (count, limitMs) => stream.read(count, limitMs),
      end: () => {
        ending ??= stream.end().then(() => {
          forget()
          this.pool.giveBack(connection)
        })
        return ending
      },
    }
  }

  /** It keeps a snapshot for as long as it runs. */
  #register(label: string, sql: string, end: (reason: StoreError) => void): () => void {
    return this.#parts.registry.add({ label, sql: () => sql, end })
  }

  /** The file is looked at when the worker has it open: that may have been a moment ago. @throws REPLACED, CORRUPT */
  async #lease(use: WorkerUse, signal: AbortSignal | undefined): Promise<RemoteConnection> {
    const connection = await this.pool.lease(use, signal)
    try {
      this.#parts.guard.beforeWrite()
      return connection
    } catch (error) {
      this.pool.giveBack(connection)
      throw error
    }
  }
}
