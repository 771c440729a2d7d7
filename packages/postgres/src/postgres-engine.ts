/**
 * The engine behind every Postgres store: statements on connections of the pool, sessions, health, notes.
 *
 * There is no writer that others wait for: writes, reads and maintenance go on beside each other, and what excludes them
 * is the server's own locks.
 */
import { hostname } from 'node:os'
import {
  type AsyncContext,
  type BackupResult,
  type Capabilities,
  type Clock,
  type Engine,
  type EngineCloseReport,
  type EngineSession,
  type EngineStats,
  type HealthFinding,
  type HealthLimits,
  type MaintenanceRun,
  type MaintenanceSession,
  type StatementContext,
  StoreError,
  type StoreLog,
} from '@upkeep/core'
import { withMigrationLock } from '@upkeep/core/backend'
import {
  type CompiledQuery,
  type DatabaseIntrospector,
  type DialectAdapter,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryResult,
} from 'kysely'
import type { ConnectionPool } from './connection-pool.ts'
import { explainStatement } from './explain.ts'
import type { Ask } from './maintenance/dedicated-client.ts'
import { recallNote } from './maintenance/maintainer-notes.ts'
import { openPostgresMaintenance } from './maintenance/open-postgres-maintenance.ts'
import { MigrationLock } from './migration-lock.ts'
import { postgresCapabilities } from './postgres-capabilities.ts'
import { classifyPostgresError } from './postgres-errors.ts'
import { pingPostgres, postgresHealth } from './postgres-health.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import { PostgresSession } from './postgres-session.ts'
import type { ServerConnection } from './server-connection.ts'
import type { ServerConnector } from './server-connector.ts'
import { assertAutocommit, type BoundStatement, StatementChecks } from './statement-checks.ts'
import type { StatementRunner } from './statement-runner.ts'

/** What an engine is made of. */
export interface PostgresEngineParts {
  readonly location: string
  readonly host: string
  readonly options: ResolvedPostgresOptions
  readonly connector: ServerConnector
  readonly pool: ConnectionPool
  readonly runner: StatementRunner
  readonly clock: Clock
  readonly log: StoreLog
  readonly asyncContext: AsyncContext
}

export class PostgresEngine implements Engine {
  readonly name = 'postgres'
  readonly location: string
  readonly capabilities: Capabilities
  readonly compiler: QueryCompiler = new PostgresQueryCompiler()
  readonly adapter: DialectAdapter = withMigrationLock(new PostgresAdapter(), () => this.lockMigrations({}))
  /** They are checked at the end of a statement, or of the transaction where they are deferred. */
  readonly foreignKeys: undefined
  readonly asyncContext: AsyncContext
  readonly #parts: PostgresEngineParts
  readonly #checks = new StatementChecks()
  readonly #migrationLock: MigrationLock

  constructor(parts: PostgresEngineParts) {
    this.#parts = parts
    this.location = parts.location
    this.asyncContext = parts.asyncContext
    this.capabilities = postgresCapabilities(parts.options)
    this.#migrationLock = new MigrationLock(parts.connector, parts.runner)
  }

  /**
   * No write waits for another one's transaction as a whole. But inside one, maintenance and migrations would come to wait
   * for its locks, and its snapshot keeps what they are to remove.
   */
  isNestedUse(): boolean {
    for (let scope = this.asyncContext.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope instanceof PostgresSession && scope.isHolding) return true
    }
    return false
  }

  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db)
  }

  execute(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const statement = this.#checks.bound(query)
    assertAutocommit(statement.kind)
    return this.#execute(statement, ctx)
  }

  acquire({ signal }: StatementContext): EngineSession {
    const { pool, runner, options } = this.#parts
    return new PostgresSession({
      lease: (leaseSignal) => pool.lease(leaseSignal),
      giveBack: (connection) => pool.giveBack(connection),
      runner,
      checks: this.#checks,
      options,
      signal,
      outer: this.asyncContext.getStore(),
    })
  }

  async lockMigrations(ctx: StatementContext): Promise<AsyncDisposable> {
    const release = await this.#asking('migrate', () => this.#migrationLock.acquire(ctx))
    return { [Symbol.asyncDispose]: release }
  }

  openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession> {
    const { options, connector, clock, log, host } = this.#parts
    const parts = {
      createClient: (name: string) => connector.createHandle(name),
      classify: classifyPostgresError,
      host,
      owner: `process ${process.pid} on ${hostname()}`,
      readOnly: options.readOnly,
      options: options.maintenance,
      clock,
      log,
    }
    return this.#asking('maintenance', () => openPostgresMaintenance(parts, run))
  }

  async backup(): Promise<BackupResult> {
    throw new StoreError('UNSUPPORTED', 'a server is backed up with its own tools', { operation: 'backup' })
  }

  recall(key: string): Promise<string | undefined> {
    return this.#besides('recall', {}, async (connection) => {
      const ask: Ask = async (sql, values = []) => {
        const statement = { sql, values: values.map(String), kind: 'read' } as const
        return (await this.#parts.runner.execute(connection, statement, { isOurs: true })).rows as Awaited<
          ReturnType<Ask>
        >
      }
      return recallNote(ask, key)
    })
  }

  ping(ctx: StatementContext): Promise<void> {
    return this.#besides('health', ctx, (connection) => pingPostgres(this.#parts.runner, connection, ctx))
  }

  health(limits: HealthLimits, ctx: StatementContext): Promise<readonly HealthFinding[]> {
    const { runner, options } = this.#parts
    return this.#besides('health', ctx, (connection) =>
      postgresHealth(runner, connection, options.readOnly, limits, ctx),
    )
  }

  explain(query: CompiledQuery, ctx: StatementContext): Promise<readonly string[]> {
    const { runner, options } = this.#parts
    return this.#besides('explain', ctx, (connection) =>
      explainStatement(runner, connection, options, this.#checks.bound(query), ctx),
    )
  }

  stats(): EngineStats {
    const { pool, runner } = this.#parts
    const { hits, misses } = runner.registry
    return Object.freeze({
      pool: pool.stats(),
      executors: Object.freeze({ server: runner.executed }),
      statementCache: Object.freeze({ hitCount: hits, missCount: misses }),
    })
  }

  resetStats(): void {
    const { pool, runner } = this.#parts
    pool.resetStats()
    runner.resetStats()
  }

  async close(): Promise<EngineCloseReport> {
    await this.#parts.pool.close()
    return {}
  }

  async #execute(statement: BoundStatement, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const { pool, runner } = this.#parts
    try {
      const connection = pool.tryLease() ?? (await pool.lease(ctx.signal))
      try {
        return await runner.execute(connection, statement, ctx)
      } finally {
        pool.giveBack(connection)
      }
    } catch (error) {
      throw classifyPostgresError(error, 'query')
    }
  }

  /** Asks beside everything that is leased. */
  async #besides<T>(
    operation: string,
    ctx: StatementContext,
    ask: (connection: ServerConnection) => Promise<T>,
  ): Promise<T> {
    return this.#asking(operation, async () => {
      const { connection, release } = await this.#parts.pool.besides(ctx.signal)
      try {
        return await ask(connection)
      } finally {
        release()
      }
    })
  }

  async #asking<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw classifyPostgresError(error, operation)
    }
  }
}
