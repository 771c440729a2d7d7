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
import type {
  AsyncContext,
  BackupResult,
  BackupRun,
  Engine,
  EngineCloseReport,
  EngineSession,
  ForeignKeySwitch,
  MaintenanceRun,
  MaintenanceSession,
  StatementContext,
} from '../contract/backend.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { HealthFinding, HealthLimits } from '../contract/health.ts'
import type { EngineStats } from '../contract/stats.ts'
import { StoreError } from '../errors/store-error.ts'
import { retryWhileBusy } from './busy-wait.ts'
import { ConnectionSet } from './connection-set.ts'
import { assertDatabaseName } from './database-name.ts'
import { explainStatement } from './explain.ts'
import { sqliteForeignKeys } from './foreign-keys.ts'
import { emptyLog } from './maintenance/checkpoint.ts'
import { openSqliteMaintenance } from './maintenance/sqlite-maintenance.ts'
import { MigrationLock } from './migration-lock.ts'
import type { SqliteOffload } from './port.ts'
import { SidecarLock } from './sidecar-lock.ts'
import { UpkeepSqliteAdapter } from './sqlite-adapter.ts'
import { backupSqlite } from './sqlite-backup.ts'
import { UpkeepSqliteCompiler } from './sqlite-compiler.ts'
import { countTasks } from './sqlite-counters.ts'
import { type SqliteEngineOptions, sqliteCapabilities } from './sqlite-engine-options.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { pingSqlite, sqliteHealth } from './sqlite-health.ts'
import { SqliteSession } from './sqlite-session.ts'
import { resetSqliteStats, snapshotSqliteStats } from './sqlite-stats.ts'
import { assertAutocommit, StatementRouter } from './statement-router.ts'
import { walSizeBytes } from './wal-size.ts'
import type { LockHolder } from './write-lock.ts'

const AUTOCOMMIT: LockHolder = { label: 'a single statement' }

class SqliteEngine implements Engine {
  readonly name: string
  readonly location: string
  readonly capabilities: Capabilities
  readonly compiler: QueryCompiler = new UpkeepSqliteCompiler()
  readonly adapter: DialectAdapter
  readonly foreignKeys: ForeignKeySwitch | undefined
  readonly asyncContext: AsyncContext | undefined
  readonly #options: SqliteEngineOptions
  readonly #set: ConnectionSet
  readonly #router: StatementRouter
  readonly #memoryNotes = new Map<string, string>()
  readonly #sidecars = new Map<string, SidecarLock>()
  readonly #openOffload: (() => SqliteOffload) | undefined
  readonly #migrationLock: MigrationLock

  constructor(options: SqliteEngineOptions, set: ConnectionSet) {
    this.#options = options
    this.#set = set
    this.#router = new StatementRouter(set, options.customFunctions ?? [])
    const { openOffload } = options
    this.#openOffload = openOffload && (() => countTasks(openOffload(), set.counters))
    this.name = options.name
    this.location = options.location ?? options.path
    this.asyncContext = options.asyncContext
    this.capabilities = sqliteCapabilities(options, set)
    // Where they are not enforced anyway, nobody wants them checked.
    this.foreignKeys = options.options.foreignKeys ? sqliteForeignKeys : undefined
    this.#migrationLock = new MigrationLock({
      sidecar: this.#sidecar('migration'),
      clock: options.clock,
      assertNotNested: () => this.#assertNotNested(),
      classify: (error) => this.#classified(error, 'migrate'),
    })
    this.adapter = new UpkeepSqliteAdapter(this.#migrationLock)
  }

  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db)
  }

  /** A statement that is known and finds the lock free is answered at once; anything else waits, by timer. */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    const { sql, parameters } = query
    const { reader, writer, lock } = this.#set
    try {
      const read = reader?.cached(sql)
      if (read !== undefined) return this.#set.run(ctx, () => read.execute(parameters))
      // The lock first: a statement that has to wait for it is looked up then, and would count twice.
      if (lock.tryAcquire(AUTOCOMMIT)) {
        try {
          const statement = writer.cached(sql)
          if (statement !== undefined) return this.#set.run(ctx, () => writer.execute(statement, parameters))
        } finally {
          lock.release()
        }
      }
    } catch (error) {
      if (!this.#set.busy.isBusy(error)) throw this.#classified(error, 'query')
    }
    return this.#executeSlowly(query, ctx)
  }

  acquire({ signal }: StatementContext): EngineSession {
    return new SqliteSession(this.#router, {
      signal,
      outer: this.asyncContext?.getStore(),
      assertNotNested: () => this.#assertNotNested(),
    })
  }

  async lockMigrations({ signal }: StatementContext): Promise<AsyncDisposable> {
    const release = await this.#migrationLock.acquire(signal)
    return { [Symbol.asyncDispose]: async () => release() }
  }

  openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession> {
    const { files, clock, log } = this.#options
    const maintainer = this.#sidecar('maintenance')
    const parts = { set: this.#set, files, openOffload: this.#openOffload, clock, log, maintainer }
    return this.#asking('maintenance', () => openSqliteMaintenance({ ...parts, memoryNotes: this.#memoryNotes }, run))
  }

  async backup(run: BackupRun): Promise<BackupResult> {
    const { backups, clock } = this.#options
    if (backups === undefined) throw new StoreError('UNSUPPORTED', 'there are no backups here', { operation: 'backup' })
    const parts = { set: this.#set, backups, openOffload: this.#openOffload, clock }
    return this.#asking('backup', () => backupSqlite(parts, run))
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
    return this.#asking('health', () => sqliteHealth(this.#set, this.#options.files, limits, signal))
  }

  explain(query: CompiledQuery, { signal }: StatementContext): Promise<readonly string[]> {
    return this.#asking('explain', async () => {
      assertNotAborted(signal, 'explain')
      return explainStatement(this.#router, query, signal)
    })
  }

  stats(): EngineStats {
    return snapshotSqliteStats(this.#set, this.#options.files)
  }

  resetStats(): void {
    resetSqliteStats(this.#set)
  }

  async close(): Promise<EngineCloseReport> {
    // The log of a database that is only read is its writer's.
    const hasLog = !this.#set.isMemory && this.#set.hasWriteAheadLog && !this.#set.options.readOnly
    try {
      if (hasLog) await this.#emptyLog()
    } finally {
      await this.#asking('close', async () => this.#set.close())
    }
    return hasLog ? { walSizeBytes: walSizeBytes(this.#options.files, this.#options.path) } : {}
  }

  /** Also where other connections keep the file open, so that SQLite itself would leave the log as it is. */
  async #emptyLog(): Promise<void> {
    const { files, log, clock } = this.#options
    const offload = this.#openOffload?.()
    try {
      await emptyLog({ set: this.#set, connection: this.#set.writer, files, offload }, clock, log)
    } finally {
      await offload?.close()
    }
  }

  async #executeSlowly({ sql, parameters }: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const { signal } = ctx
    const set = this.#set
    const { lock, busy } = set
    try {
      assertNotAborted(signal, 'query')
      const kind = this.#router.classify(sql)
      assertAutocommit(kind)
      const read = await this.#router.plainRead(sql, kind, signal)
      if (read !== undefined) {
        return await retryWhileBusy(busy, signal, () => set.run(ctx, () => read.execute(parameters)))
      }
      this.#assertNotNested()
      await lock.acquire(AUTOCOMMIT, signal)
      try {
        const run = (): QueryResult<unknown> => this.#router.run(set.writer, sql, kind, parameters)
        return await retryWhileBusy(busy, signal, () => set.run(ctx, run))
      } finally {
        lock.release()
      }
    } catch (error) {
      throw this.#classified(error, 'query')
    }
  }

  isNestedUse(): boolean {
    const { holder } = this.#set.lock
    if (!(holder instanceof SqliteSession)) return false
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
