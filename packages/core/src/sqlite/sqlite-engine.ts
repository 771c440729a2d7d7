/**
 * The engine behind every SQLite store: statements, sessions, health, maintenance over one {@link ConnectionSet}.
 *
 * What differs between drivers is in the port and in the few optional parts of {@link SqliteEngineOptions}.
 */
import {
  type CompiledQuery,
  type DatabaseIntrospector,
  type DialectAdapter,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteIntrospector,
} from 'kysely'
import { assertNotAborted } from '../abort/abort-error.ts'
import type { CommitListener } from '../changes/commit-feed.ts'
import type {
  AcquireContext,
  AsyncContext,
  BackupResult,
  BackupRun,
  Engine,
  EngineCloseReport,
  EngineSession,
  ForeignKeySwitch,
  MaintenanceRun,
  MaintenanceSession,
  ReopenResult,
  StatementContext,
} from '../contract/backend.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { HealthFinding, HealthLimits } from '../contract/health.ts'
import type { EngineStats } from '../contract/stats.ts'
import { StoreError } from '../errors/store-error.ts'
import { withMigrationLock } from '../kysely/migration-lock-adapter.ts'
import { retryWhileBusy } from './busy-wait.ts'
import { ConnectionSet } from './connection-set.ts'
import { assertDatabaseName } from './database-name.ts'
import { LongStatements } from './executors/long-statements.ts'
import { openWorkers } from './executors/open-workers.ts'
import { RemoteSession } from './executors/remote-session.ts'
import type { WorkerStatements } from './executors/worker-statements.ts'
import { explainStatement } from './explain.ts'
import { FileReopener } from './file-reopener.ts'
import { sqliteForeignKeys } from './foreign-keys.ts'
import { type LogUpkeep, openLogUpkeep } from './log-upkeep.ts'
import { emptyLog } from './maintenance/checkpoint.ts'
import { openSqliteMaintenance } from './maintenance/sqlite-maintenance.ts'
import { MigrationLock } from './migration-lock.ts'
import { runPlainRead } from './plain-read.ts'
import type { SqliteOffload } from './port.ts'
import { SidecarLock } from './sidecar-lock.ts'
import { ConcurrentSqliteAdapter } from './sqlite-adapter.ts'
import { backupSqlite } from './sqlite-backup.ts'
import { UpkeepSqliteCompiler } from './sqlite-compiler.ts'
import { type SqliteEngineOptions, sqliteCapabilities } from './sqlite-engine-options.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { pingSqlite, sqliteHealth } from './sqlite-health.ts'
import { SqliteSession } from './sqlite-session.ts'
import { resetSqliteStats, snapshotSqliteStats } from './sqlite-stats.ts'
import { assertAutocommit, StatementRouter } from './statement-router.ts'
import { walSizeBytes } from './wal-size.ts'
import { watchTasks } from './watch-tasks.ts'
import type { LockHolder } from './write-lock.ts'

const AUTOCOMMIT: LockHolder = { label: 'a single statement' }

class SqliteEngine implements Engine {
  readonly name: string
  readonly location: string
  readonly capabilities: Capabilities
  readonly compiler: QueryCompiler = new UpkeepSqliteCompiler()
  readonly adapter: DialectAdapter = withMigrationLock(new ConcurrentSqliteAdapter(), () => this.lockMigrations({}))
  readonly foreignKeys: ForeignKeySwitch | undefined
  readonly asyncContext: AsyncContext | undefined
  readonly #options: SqliteEngineOptions
  readonly #set: ConnectionSet
  readonly #router: StatementRouter
  readonly #workers: WorkerStatements | undefined
  readonly #long: LongStatements
  readonly #memoryNotes = new Map<string, string>()
  readonly #sidecars = new Map<string, SidecarLock>()
  readonly #openOffload: (() => SqliteOffload) | undefined
  readonly #migrationLock: MigrationLock
  readonly #reopener: FileReopener
  readonly #upkeep: LogUpkeep

  constructor(options: SqliteEngineOptions, set: ConnectionSet) {
    this.#options = options
    this.#set = set
    this.#router = new StatementRouter(set, options.customFunctions ?? [])
    this.#workers = openWorkers(options, set)
    this.#long = new LongStatements(set, this.#workers, options.inlineBudgetMs)
    const { openOffload } = options
    this.#openOffload = openOffload && (() => watchTasks(openOffload(set.guard.identity), 'process', set))
    this.#upkeep = openLogUpkeep(options, set)
    this.#reopener = new FileReopener({
      set,
      workers: this.#workers?.pool,
      upkeep: this.#upkeep,
      openOffload: this.#openOffload,
      onReplaced: options.onReplaced ?? 'fail',
      log: options.log,
      isNestedUse: () => this.isNestedUse(),
    })
    set.whenUsable = (signal) => this.#reopener.whenUsable(signal)
    this.name = options.name
    this.location = options.location ?? options.path
    this.asyncContext = options.asyncContext
    this.capabilities = sqliteCapabilities(options, set, this.#upkeep)
    // Where they are not enforced anyway, nobody wants them checked.
    this.foreignKeys = options.options.foreignKeys ? sqliteForeignKeys : undefined
    this.#migrationLock = new MigrationLock({
      sidecar: this.#sidecar('migration'),
      clock: options.clock,
      assertNotNested: () => this.#assertNotNested(),
      classify: (error) => this.#classified(error, 'migrate'),
    })
  }

  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db)
  }

  /** A statement that is known and finds the lock free is answered at once; anything else waits, by timer. */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    const { sql, parameters } = query
    const { reader, writer, lock, guard } = this.#set
    if (this.#long.startsElsewhere(ctx)) return this.#executeSlowly(query, ctx)
    const limitMs = this.#long.limitMs(ctx.timeoutMs)
    let holdsLock = false
    try {
      const read = reader?.cached(sql)
      if (reader !== undefined && read !== undefined) {
        guard.beforeRead()
        return reader.execute(read, parameters, limitMs)
      }
      // The lock first: a statement that has to wait for it is looked up then, and would count twice.
      holdsLock = lock.tryAcquire(AUTOCOMMIT)
      if (holdsLock) {
        const statement = writer.cached(sql)
        if (statement !== undefined) {
          guard.beforeWrite()
          return this.#set.execute(writer, statement, parameters, limitMs, ctx)
        }
      }
    } catch (error) {
      if (this.#long.isOverBudget(error, ctx.timeoutMs)) {
        this.#long.remember(sql, holdsLock ? 'write' : 'read')
        if (holdsLock) {
          // The lock stays: what came after this one must not come before it.
          holdsLock = false
          return this.#executeLocked(query, ctx)
        }
      } else if (guard.failure === undefined && !this.#set.busy.isBusy(error)) {
        // Where the file is the matter, nothing has run: what becomes of that is told there.
        throw this.#classified(error, 'query')
      }
    } finally {
      if (holdsLock) lock.release()
    }
    return this.#executeSlowly(query, ctx)
  }

  acquire({ signal, executor = 'inline' }: AcquireContext): EngineSession {
    const origin = {
      signal,
      outer: this.asyncContext?.getStore(),
      assertNotNested: () => this.#assertNotNested(),
    }
    if (executor === 'inline') return new SqliteSession(this.#router, this.#long, origin)
    if (this.#workers === undefined || !this.capabilities.workers) {
      throw new StoreError('UNSUPPORTED', 'there are no workers here', { operation: 'transaction' })
    }
    return new RemoteSession(this.#router, this.#workers.pool, origin)
  }

  async lockMigrations({ signal }: StatementContext): Promise<AsyncDisposable> {
    const release = await this.#migrationLock.acquire(signal)
    return { [Symbol.asyncDispose]: async () => release() }
  }

  openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession> {
    const { files, clock, log, memory } = this.#options
    const maintainer = this.#sidecar('maintenance')
    const elsewhere = { openOffload: this.#openOffload, upkeep: this.#upkeep }
    const parts = { set: this.#set, files, memory, workers: this.#workers?.pool, ...elsewhere, clock, log, maintainer }
    return this.#asking('maintenance', async () => {
      await this.#set.whenUsable(run.signal)
      return openSqliteMaintenance({ ...parts, memoryNotes: this.#memoryNotes }, run)
    })
  }

  async backup(run: BackupRun): Promise<BackupResult> {
    const { backups, clock } = this.#options
    if (backups === undefined) throw new StoreError('UNSUPPORTED', 'there are no backups here', { operation: 'backup' })
    const parts = { set: this.#set, backups, openOffload: this.#openOffload, clock }
    return this.#asking('backup', async () => {
      await this.#set.whenUsable(run.signal)
      return backupSqlite(parts, run)
    })
  }

  onChange(listener: CommitListener): () => void {
    return this.#set.commits.add(listener)
  }

  async recall(key: string): Promise<string | undefined> {
    const sidecar = this.#sidecar('maintenance')
    if (sidecar === undefined) return this.#memoryNotes.get(key)
    return this.#asking('recall', () => retryWhileBusy(this.#set.busy, undefined, () => sidecar.recall(key)))
  }

  ping({ signal }: StatementContext): Promise<void> {
    return this.#asking('health', () => pingSqlite(this.#set, signal))
  }

  health(limits: HealthLimits, { signal }: StatementContext): Promise<readonly HealthFinding[]> {
    return this.#asking('health', () =>
      sqliteHealth({ set: this.#set, files: this.#options.files, ceiling: this.#upkeep.ceiling }, limits, signal),
    )
  }

  explain(query: CompiledQuery, { signal }: StatementContext): Promise<readonly string[]> {
    return this.#asking('explain', async () => {
      assertNotAborted(signal, 'explain')
      return explainStatement(this.#router, query, signal)
    })
  }

  stats(): EngineStats {
    return snapshotSqliteStats(this.#set, this.#workers?.pool, this.#options.files)
  }

  resetStats(): void {
    resetSqliteStats(this.#set)
    this.#workers?.pool.resetStats()
  }

  async close(): Promise<EngineCloseReport> {
    const { guard, isMemory, hasWriteAheadLog, options } = this.#set
    // The log of a database that is only read is its writer's.
    const hasLog = !isMemory && hasWriteAheadLog && !options.readOnly
    let setAside: readonly string[] = []
    const isUsable = guard.isUsable()
    try {
      await this.#workers?.pool.close()
      if (hasLog && isUsable) await this.#emptyLog()
      else await this.#upkeep.close()
    } finally {
      await this.#asking('close', async () => {
        setAside = this.#set.close()
      })
    }
    if (guard.failure !== undefined) return { failure: guard.failure.code, setAside }
    return hasLog ? { walSizeBytes: walSizeBytes(this.#options.files, this.#options.path) } : {}
  }

  async reopen({ signal }: StatementContext): Promise<ReopenResult> {
    return this.#asking('reopen', () => this.#reopener.reopen(signal))
  }

  /** Also where other connections keep the file open, so that SQLite itself would leave the log as it is. */
  async #emptyLog(): Promise<void> {
    const { files, log, clock } = this.#options
    const upkeep = this.#upkeep
    // The one that copied the log until now, if it is there.
    const thread = upkeep.openThread?.()
    const offload = this.#openOffload?.()
    try {
      await upkeep.close()
      await emptyLog({ set: this.#set, connection: this.#set.writer, files, offload, thread, upkeep }, clock, log)
    } finally {
      await Promise.all([offload?.close(), thread?.close()])
    }
  }

  async #executeSlowly(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const { signal } = ctx
    try {
      assertNotAborted(signal, 'query')
      const kind = this.#router.classify(query.sql)
      assertAutocommit(kind)
      await this.#set.whenUsable(signal)
      const read = await runPlainRead(this.#router, this.#long, query, kind, ctx)
      if (read !== undefined) return read
      this.#assertNotNested()
      await this.#set.lock.acquire(AUTOCOMMIT, signal)
    } catch (error) {
      throw this.#classified(error, 'query')
    }
    return this.#executeLocked(query, ctx)
  }

  /** With the lock, which it gives back. */
  async #executeLocked(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const { sql, parameters } = query
    const kind = this.#router.classify(sql)
    try {
      return await this.#long.run(query, kind, 'write', ctx, (limitMs) => {
        this.#set.guard.beforeWrite()
        return this.#set.run(ctx, () => this.#router.run(this.#set.writer, sql, kind, parameters, limitMs))
      })
    } catch (error) {
      throw this.#classified(error, 'query')
    } finally {
      this.#set.lock.release()
    }
  }

  isNestedUse(): boolean {
    const { holder } = this.#set.lock
    if (!(holder instanceof SqliteSession) && !(holder instanceof RemoteSession)) return false
    for (let scope = this.asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope === holder) return true
    }
    return false
  }

  /** A write that would wait for the very transaction it is made in would wait for ever. */
  #assertNotNested(): void {
    if (!this.isNestedUse()) return
    const message = 'this would wait for the transaction it is made in; use the transaction, or store.detached()'
    throw new StoreError('NESTED_USE', message, { operation: 'query' })
  }

  #sidecar(purpose: string): SidecarLock | undefined {
    const { port, path, options, ownerName } = this.#options
    if (this.#set.isMemory || options.readOnly) return undefined
    const known = this.#sidecars.get(purpose)
    const sidecar = known ?? new SidecarLock(port, `${path}-${purpose}`, ownerName ?? 'another store')
    this.#sidecars.set(purpose, sidecar)
    return sidecar
  }

  async #asking<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw this.#classified(error, operation)
    }
  }

  #classified(error: unknown, operation: string): StoreError {
    return classifySqliteError(this.#set.port, error, operation)
  }
}

/**
 * Opens the connections and answers the engine over them. A file is switched to WAL mode unless it is only read.
 *
 * @throws INVALID_ARGUMENT, BUSY, ABORTED, CORRUPT, CONNECTION, READONLY, FULL, PERMISSION; UNSUPPORTED for a SQLite
 * that is too old. Leaves nothing open
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<Engine> {
  assertDatabaseName(options.path, options.options)
  const set = await ConnectionSet.open(options, options.signal)
  return new SqliteEngine(options, set)
}
