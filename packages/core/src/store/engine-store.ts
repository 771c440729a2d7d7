/**
 * The Store over any engine: wires Kysely, the lifecycle, transactions, maintenance and close together.
 *
 * It holds no rule of its own that one of those files could hold.
 */
import type { CompiledQuery, Kysely, KyselyProps } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { assertContext, openDeadline } from '../abort/deadline.ts'
import { ChangeListeners } from '../changes/change-listeners.ts'
import type { Engine } from '../contract/backend.ts'
import type { BackupContext, BackupReport } from '../contract/backup.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { StoreChange } from '../contract/change.ts'
import type { Context } from '../contract/context.ts'
import type { HealthContext, HealthReport } from '../contract/health.ts'
import type { MaintenanceContext, MaintenanceReport } from '../contract/maintenance.ts'
import type { MigrationContext, MigrationReport } from '../contract/migration.ts'
import type { CloseContext, CloseReport, ReopenReport, StoreStatus } from '../contract/reports.ts'
import type { StoreStats } from '../contract/stats.ts'
import type { Connection, Store, StoreAttachment } from '../contract/store.ts'
import type { StatementTimeout } from '../contract/timeouts.ts'
import type { StoreTransaction, TransactionContext } from '../contract/transaction.ts'
import { StoreError } from '../errors/store-error.ts'
import { createKysely } from '../kysely/kysely-internals.ts'
import { MaintenanceRunner } from '../maintenance/maintenance-runner.ts'
import { recallMaintained } from '../maintenance/recall-maintained.ts'
import { MigrationRunner } from '../migrate/migration-runner.ts'
import { createSessionAdapter } from '../migrate/session-adapter.ts'
import { givenOptions } from '../open/check-options.ts'
import { resolveCloseOptions } from '../open/close-options.ts'
import type { ResolvedStoreOptions } from '../open/store-options.ts'
import { type ResolvedTimeouts, timeoutMsOf } from '../open/timeout-options.ts'
import { Attachments } from './attachments.ts'
import { closeStore } from './close-store.ts'
import { HealthMonitor } from './health-monitor.ts'
import { Lifecycle } from './lifecycle.ts'
import { runBackup } from './run-backup.ts'
import { runOnEngine } from './run-on-engine.ts'
import { runReopen } from './run-reopen.ts'
import { runTransaction } from './run-transaction.ts'
import { SessionProvider } from './session-runner.ts'
import { SlowQueryTeller } from './slow-query-teller.ts'
import type { StatementLimit } from './statement-scope.ts'
import { StatementWatch } from './statement-watch.ts'
import { StoreCounters } from './store-counters.ts'
import { type EngineWork, INSIDES, type StoreInsides } from './store-insides.ts'
import { createStoreProps } from './store-props.ts'
import { StoreRunner } from './store-runner.ts'
import { type CountingStore, resetStats, snapshotStats } from './store-stats.ts'

class EngineStore<DB> implements Store<DB> {
  readonly db: Kysely<DB>
  readonly [INSIDES]: StoreInsides
  readonly #engine: Engine
  readonly #options: ResolvedStoreOptions
  readonly #lifecycle: Lifecycle
  readonly #counters: StoreCounters
  readonly #runner: StoreRunner
  readonly #maintenance: MaintenanceRunner
  readonly #migrations: MigrationRunner
  readonly #health: HealthMonitor
  readonly #attachments: Attachments
  readonly #changes: ChangeListeners
  readonly #props: KyselyProps
  readonly #timed = new Map<StatementTimeout, Kysely<DB>>()
  #closing: Promise<CloseReport> | undefined

  constructor(engine: Engine, options: ResolvedStoreOptions) {
    this.#engine = engine
    this.#options = options
    const { logger: log, clock } = options
    this[INSIDES] = {
      log,
      clock,
      assertNotNested: (operation) => this.#assertNotNested(operation),
      onEngine: (operation, ctx, work) => this.#onEngine(operation, ctx, work),
    }
    this.#lifecycle = new Lifecycle(options.clock)
    this.#counters = new StoreCounters(options.clock)
    const watch = new StatementWatch(this.#counters, options.clock, createTeller(engine, this.#lifecycle, options))
    const runner = { engine, lifecycle: this.#lifecycle, counters: this.#counters, watch, clock, ended: new WeakSet() }
    this.#runner = new StoreRunner(runner, statementLimit('default', options.timeouts))
    this.#attachments = new Attachments(options.logger)
    this.#changes = new ChangeListeners({ engine, lifecycle: this.#lifecycle, log: options.logger })
    this.#health = this.#createHealthMonitor()
    this.#props = createStoreProps(engine, this.#runner, options, () => this.close())
    this.db = createKysely<DB>(this.#props)
    // How long a migration or a task may take depends on the data: its own signal ends it.
    const close = (): Promise<CloseReport> => this.close()
    const unlimited = this.#runner.withLimit(undefined)
    const unlimitedProps = createStoreProps(engine, unlimited, options, close)
    this.#maintenance = new MaintenanceRunner(engine, clock, options.logger, {
      db: createKysely<DB>(unlimitedProps),
      capabilities: engine.capabilities,
      transaction: (work, ctx = {}) => runTransaction(unlimited, unlimitedProps, clock, work, ctx),
    })
    this.#migrations = new MigrationRunner({
      engine,
      runner: unlimited,
      lifecycle: this.#lifecycle,
      clock,
      props: createStoreProps(engine, unlimited, options, close, createSessionAdapter(engine.adapter)),
    })
  }

  get name(): string {
    return this.#engine.name
  }

  get location(): string {
    return this.#engine.location
  }

  get capabilities(): Capabilities {
    return this.#engine.capabilities
  }

  get status(): StoreStatus {
    return this.#lifecycle.status
  }

  withTimeout(timeout: StatementTimeout): Kysely<DB> {
    if (timeout === 'default') return this.db
    let db = this.#timed.get(timeout)
    if (db === undefined) {
      const runner = this.#runner.withLimit(statementLimit(timeout, this.#options.timeouts))
      db = createKysely<DB>(createStoreProps(this.#engine, runner, this.#options, () => this.close()))
      // Milliseconds may be computed anew for each call, and would then be kept for nobody.
      if (typeof timeout !== 'number') this.#timed.set(timeout, db)
    }
    return db
  }

  async withConnection<T>(work: (connection: Connection<DB>) => Promise<T>, ctx: Context = {}): Promise<T> {
    assertContext(ctx, 'withConnection')
    using deadline = openDeadline(ctx, this.#options.clock, 'withConnection')
    return await this.#runner.lease('withConnection', deadline.signal, async (session) => {
      const raw = await session.raw({ signal: deadline.signal })
      const executor = this.#props.executor.withConnectionProvider(new SessionProvider(session))
      return await work({ db: createKysely<DB>({ ...this.#props, executor }), raw })
    })
  }

  transaction<T>(work: (tx: StoreTransaction<DB>) => Promise<T>, ctx: TransactionContext = {}): Promise<T> {
    return runTransaction(this.#runner, this.#props, this.#options.clock, work, ctx)
  }

  detached<T>(work: () => Promise<T>): Promise<T> {
    const { asyncContext } = this.#engine
    if (asyncContext === undefined) {
      return Promise.reject(
        new StoreError('UNSUPPORTED', 'detached needs a runtime that tracks async context', { operation: 'detached' }),
      )
    }
    return asyncContext.run(undefined, work)
  }

  async maintenance(ctx: MaintenanceContext<DB> = {}): Promise<MaintenanceReport> {
    try {
      this.#lifecycle.assertOpen('maintenance')
      this.#assertNotNested('maintenance')
      return await this.#lifecycle.track(this.#maintenance.run(ctx))
    } catch (error) {
      throw this.#runner.failed(error, 'maintenance')
    }
  }

  async backup(path: string, ctx: BackupContext = {}): Promise<BackupReport> {
    const { clock, logger } = this.#options
    try {
      return await runBackup({ engine: this.#engine, lifecycle: this.#lifecycle, clock, logger }, path, ctx)
    } catch (error) {
      throw this.#runner.failed(error, 'backup')
    }
  }

  async reopen(ctx: Context = {}): Promise<ReopenReport> {
    const assertNotNested = (operation: string): void => this.#assertNotNested(operation)
    const { clock } = this.#options
    try {
      return await runReopen({ engine: this.#engine, lifecycle: this.#lifecycle, clock, assertNotNested }, ctx)
    } catch (error) {
      throw this.#runner.failed(error, 'reopen')
    }
  }

  async migrate(provider: MigrationProvider, ctx: MigrationContext = {}): Promise<MigrationReport> {
    try {
      return await this.#migrations.run(provider, ctx)
    } catch (error) {
      throw this.#runner.failed(error, 'migrate')
    }
  }

  async lastMaintenance(): Promise<Date | undefined> {
    try {
      return await this.#lifecycle.run('lastMaintenance', () => recallMaintained(this.#engine))
    } catch (error) {
      throw this.#runner.failed(error, 'lastMaintenance')
    }
  }

  async health(ctx: HealthContext = {}): Promise<HealthReport> {
    assertContext(ctx, 'health', ['fresh'])
    this.#lifecycle.assertOpen('health')
    return await this.#health.ask(ctx)
  }

  stats(): StoreStats {
    return snapshotStats(this.#counting)
  }

  resetStats(): void {
    resetStats(this.#counting)
  }

  onChange(tables: readonly string[], listener: (change: StoreChange) => unknown): () => void {
    return this.#changes.add(tables, listener)
  }

  attach(attachment: StoreAttachment): () => void {
    this.#lifecycle.assertOpen('attach')
    return this.#attachments.add(attachment)
  }

  close(ctx?: CloseContext): Promise<CloseReport> {
    if (this.#closing !== undefined) return this.#closing
    try {
      const resolved = resolveCloseOptions({ ...this.#options.close, ...givenOptions(ctx ?? {}) })
      const store = {
        engine: this.#engine,
        lifecycle: this.#lifecycle,
        maintenance: this.#maintenance,
        attachments: this.#attachments,
        options: this.#options,
      }
      this.#closing = closeStore(store, resolved)
      return this.#closing
    } catch (error) {
      return Promise.reject(this.#runner.failed(error, 'close'))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #onEngine<T>(operation: string, ctx: Context, work: EngineWork<T>): Promise<T> {
    const assertNotNested = (nested: string): void => this.#assertNotNested(nested)
    const { clock } = this.#options
    try {
      const subject = { engine: this.#engine, lifecycle: this.#lifecycle, clock, assertNotNested }
      return await runOnEngine(subject, operation, ctx, work)
    } catch (error) {
      throw this.#runner.failed(error, operation)
    }
  }

  #createHealthMonitor(): HealthMonitor {
    const { clock, health } = this.#options
    const store = {
      engine: this.#engine,
      clock,
      openedMs: clock.monotonicMs(),
      stats: () => this.stats(),
      oldestOperationMs: () => this.#lifecycle.oldestMs,
      attach: (attachment: StoreAttachment) => this.#attachments.add(attachment),
    }
    return new HealthMonitor(store, health)
  }

  get #counting(): CountingStore {
    const maintenance = this.#maintenance.tally
    return { engine: this.#engine, lifecycle: this.#lifecycle, counters: this.#counters, maintenance }
  }

  #assertNotNested(operation: string): void {
    if (!this.#engine.isNestedUse() && !this.#maintenance.isInside) return
    throw new StoreError('NESTED_USE', `${operation} would wait for what it is called in`, { operation })
  }
}

/** The default leaves waiting to the limits that waiting has; who names a timeout means all of it. */
function statementLimit(timeout: StatementTimeout, timeouts: ResolvedTimeouts): StatementLimit | undefined {
  const timeoutMs = timeoutMsOf(timeout, timeouts)
  return timeoutMs === undefined ? undefined : { timeoutMs, includesWaiting: timeout !== 'default' }
}

/** `undefined` unless somebody wants to hear of slow queries. */
function createTeller(
  engine: Engine,
  lifecycle: Lifecycle,
  { slowQueries, logger }: ResolvedStoreOptions,
): SlowQueryTeller | undefined {
  if (slowQueries === undefined) return undefined
  const explain = (query: CompiledQuery): Promise<readonly string[]> =>
    lifecycle.run('plan', () => engine.explain(query, { signal: lifecycle.signal }))
  return new SlowQueryTeller(slowQueries, { log: logger, asyncContext: engine.asyncContext, explain })
}

/**
 * A store over an opened engine; `options` are checked already, and their `migrations` and `onOpen` are left to whoever
 * opens it. For backends without a URL, see `openBackendStore`.
 */
export function createEngineStore<DB>(engine: Engine, options: ResolvedStoreOptions): Store<DB> {
  return new EngineStore<DB>(engine, options)
}
