/**
 * An engine that lives on another thread, next to its database: this side has its contract, and asks.
 *
 * Nothing is answered at once here. What must be (whether use is nested, what was counted) is what the other side said
 * last. It knows no database; see engine-host.ts for the other side.
 */
import type { CompiledQuery, DatabaseIntrospector, DialectAdapter, Kysely, QueryCompiler, QueryResult } from 'kysely'
import { CommitFeed, type CommitListener } from '../changes/commit-feed.ts'
import type {
  AcquireContext,
  AmbientScope,
  AsyncContext,
  BackupResult,
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
import type { MaintenanceStepName } from '../contract/maintenance-steps.ts'
import type { EngineStats } from '../contract/stats.ts'
import { StoreError } from '../errors/store-error.ts'
import { withMigrationLock } from '../kysely/migration-lock-adapter.ts'
import type { EngineCaller } from './engine-caller.ts'
import type {
  CallContext,
  CommitNote,
  EngineIdentity,
  OwnArgument,
  PlainQuery,
  ProgressNote,
  ResultAnswer,
  StatsNote,
} from './engine-calls.ts'
import { openRemoteMaintenance } from './remote-maintenance.ts'
import { toResult } from './remote-result.ts'
import { RemoteSession } from './remote-session.ts'

/** What a remote engine is made of. */
export interface RemoteEngineParts {
  readonly caller: EngineCaller
  readonly identity: EngineIdentity
  readonly compiler: QueryCompiler
  /** A new one, which gets the engine's migration lock. */
  readonly adapter: DialectAdapter
  readonly createIntrospector: (db: Kysely<any>) => DatabaseIntrospector
  readonly foreignKeys: ForeignKeySwitch | undefined
  /** What the engine may bind. @throws INVALID_ARGUMENT */
  readonly bind: (parameters: readonly unknown[]) => readonly unknown[]
  readonly asyncContext: AsyncContext | undefined
  /** Lets go of the other side, whatever it does; `isClosed` says that it has nothing open any more. */
  readonly end: (isClosed: boolean) => Promise<void>
}

export class RemoteEngine implements Engine {
  readonly name: string
  readonly location: string
  readonly capabilities: Capabilities
  readonly compiler: QueryCompiler
  readonly adapter: DialectAdapter
  readonly foreignKeys: ForeignKeySwitch | undefined
  readonly asyncContext: AsyncContext | undefined
  readonly #parts: RemoteEngineParts
  readonly #caller: EngineCaller
  readonly #sessions = new WeakSet<AmbientScope>()
  readonly #progress = new Map<number, MaintenanceRun['progress']>()
  readonly #commits = new CommitFeed()
  #stats: EngineStats = Object.freeze({ executors: Object.freeze({}) })
  #resetCount = 0
  #lastId = 0

  constructor(parts: RemoteEngineParts) {
    this.#parts = parts
    this.#caller = parts.caller
    const { name, location, capabilities } = parts.identity
    this.name = name
    this.location = location
    this.capabilities = Object.freeze(capabilities)
    this.compiler = parts.compiler
    this.adapter = withMigrationLock(parts.adapter, () => this.lockMigrations({}))
    this.foreignKeys = parts.foreignKeys
    this.asyncContext = parts.asyncContext
    this.#caller.notes.on('stats', ({ stats, resetCount }: StatsNote) => {
      if (resetCount === this.#resetCount) this.#stats = frozen(stats)
    })
    this.#caller.notes.on('commit', ({ tables }: CommitNote) => this.#commits.tell(tables))
    this.#caller.notes.on('progress', ({ run, progress: [step, done, total, unit] }: ProgressNote) => {
      this.#progress.get(run)?.(step as MaintenanceStepName, done, total, unit)
    })
  }

  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return this.#parts.createIntrospector(db)
  }

  async execute(query: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    const argument = { ...this.#context(ctx), query: this.#plain(query) }
    const options = { signal: ctx.signal, ifGone: 'OUTCOME_UNKNOWN' } as const
    return toResult(await this.#caller.askRows<ResultAnswer>('executeAlone', argument, options))
  }

  acquire({ signal }: AcquireContext): EngineSession {
    const session = new RemoteSession({
      id: ++this.#lastId,
      caller: this.#caller,
      bind: this.#parts.bind,
      outer: this.asyncContext?.getStore(),
      scope: () => this.#scope(),
      signal,
    })
    this.#sessions.add(session)
    return session
  }

  async lockMigrations({ signal }: StatementContext): Promise<AsyncDisposable> {
    const id = ++this.#lastId
    await this.#caller.ask('lockMigrations', { id, scope: this.#scope() }, { signal })
    return {
      [Symbol.asyncDispose]: () => this.#caller.ask<void>('unlockMigrations', { id }).catch(() => undefined),
    }
  }

  async openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession> {
    const id = ++this.#lastId
    this.#progress.set(id, run.progress)
    const forget = (): void => void this.#progress.delete(id)
    try {
      const session = await openRemoteMaintenance(this.#caller, id, run, this.#scope())
      return { ...session, close: () => session.close().finally(forget) }
    } catch (error) {
      forget()
      throw error
    }
  }

  backup(): Promise<BackupResult> {
    return Promise.reject(new StoreError('UNSUPPORTED', 'there are no backups here', { operation: 'backup' }))
  }

  /**
   * Asks for what this backend has besides what all engines have; `onProgress` hears how far it is.
   *
   * @throws what the other side says; OUTCOME_UNKNOWN where that has gone
   */
  askOwn<T>(
    name: string,
    argument: unknown,
    { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (progress: any) => void },
  ): Promise<T> {
    const call: OwnArgument = { name, argument, scope: this.#scope() }
    return this.#caller.ask<T>('own', call, { signal, ifGone: 'OUTCOME_UNKNOWN', onBatch: onProgress })
  }

  onChange(listener: CommitListener): () => void {
    const wasHeard = this.#commits.isHeard
    const remove = this.#commits.add(listener)
    if (!wasHeard) this.#caller.notes.send('hearCommits', true)
    return () => {
      remove()
      if (!this.#commits.isHeard) this.#caller.notes.send('hearCommits', false)
    }
  }

  recall(key: string): Promise<string | undefined> {
    return this.#caller.ask<string | undefined>('recall', { key })
  }

  ping({ signal }: StatementContext): Promise<void> {
    return this.#caller.ask<void>('ping', {}, { signal })
  }

  async health(limits: HealthLimits, { signal }: StatementContext): Promise<readonly HealthFinding[]> {
    return frozen(await this.#caller.ask<readonly HealthFinding[]>('health', { limits }, { signal }))
  }

  async explain(query: CompiledQuery, { signal }: StatementContext): Promise<readonly string[]> {
    return frozen(await this.#caller.ask<readonly string[]>('explain', { query: this.#plain(query) }, { signal }))
  }

  stats(): EngineStats {
    return this.#stats
  }

  resetStats(): void {
    this.#resetCount++
    this.#stats = zeroed(this.#stats)
    this.#caller.notes.send('resetStats', this.#resetCount)
  }

  async close(): Promise<EngineCloseReport> {
    let isClosed = false
    try {
      const report = await this.#caller.ask<EngineCloseReport>('close', {}, { isClosing: true })
      isClosed = true
      return report
    } finally {
      await this.#parts.end(isClosed)
    }
  }

  isNestedUse(): boolean {
    for (let scope = this.asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope instanceof RemoteSession && this.#sessions.has(scope) && scope.holds) return true
    }
    return false
  }

  #plain({ sql, parameters }: CompiledQuery): PlainQuery {
    return { sql, parameters: this.#parts.bind(parameters) }
  }

  #context({ timeoutMs }: StatementContext): CallContext {
    return { timeoutMs, scope: this.#scope() }
  }

  /** The innermost session of this engine around the running code. */
  #scope(): number | undefined {
    for (let scope = this.asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (scope instanceof RemoteSession && this.#sessions.has(scope)) return scope.id
    }
    return undefined
  }
}

/** As the engine's own snapshot is. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen)
  return value
}

/** What there is now stays; what was counted does not. */
function zeroed(stats: EngineStats): EngineStats {
  const { writeLock, executors, statementCache } = stats
  return frozen({
    ...stats,
    ...(writeLock && {
      writeLock: {
        waiting: writeLock.waiting,
        peakWaiting: writeLock.waiting,
        recentPeakWaiting: writeLock.waiting,
        wait: { windowMs: writeLock.wait.windowMs, count: 0 },
      },
    }),
    executors: Object.fromEntries(Object.keys(executors).map((name) => [name, 0])),
    ...(statementCache && { statementCache: { hitCount: 0, missCount: 0 } }),
  })
}
