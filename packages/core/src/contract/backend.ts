/**
 * What a backend implements. Everything else — lifecycle, deadlines, Kysely wiring, transactions, reports — is the
 * core's. SQLite backends get most of this from `@upkeep/core/sqlite` and implement only its small port.
 */
import type {
  CompiledQuery,
  DatabaseConnection,
  DatabaseIntrospector,
  DialectAdapter,
  Kysely,
  QueryCompiler,
  QueryResult,
  TransactionSettings,
} from 'kysely'
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { StoreError } from '../errors/store-error.ts'
import type { StoreUrl } from '../open/store-url.ts'
import type { Capabilities } from './capabilities.ts'
import type { ChangedTables } from './change.ts'
import type { Clock } from './clock.ts'
import type { HealthFinding, HealthLimits } from './health.ts'
import type { StoreLog } from './log.ts'
import type { MaintenanceMode, MaintenancePlan, MaintenanceProgress, MaintenanceTableReport } from './maintenance.ts'
import type { MaintenanceStepName } from './maintenance-steps.ts'
import type { EngineStats } from './stats.ts'
import type { MaintenanceMeasures, MaintenanceStepStatus } from './step-status.ts'

/** Opens databases of one or more URL schemes. */
export interface Backend {
  /** For logs and errors, e.g. `sqlite-native`. */
  readonly name: string
  /** URL schemes without the colon. */
  readonly schemes: readonly string[]
  /** Opens the database. Heavy drivers are loaded here, not before. @throws StoreError, leaving nothing open */
  open(request: OpenRequest): Promise<Engine>
}

/** What {@link Backend.open} gets. */
export interface OpenRequest {
  /** What to open; its options are not checked yet. */
  readonly url: StoreUrl
  /** Time, for every wait of the engine. */
  readonly clock: Clock
  /** Where the engine tells what nobody awaits. */
  readonly log: StoreLog
  /** Gives up opening. */
  readonly signal?: AbortSignal | undefined
}

/** Where in a store some code runs: in a session, or in a nested block of its transaction. */
export interface AmbientScope {
  /** The scope around this one. */
  readonly outer: AmbientScope | undefined
  /** Whether a transaction is open in it. */
  readonly inTransaction: boolean
}

/**
 * The part of Node's `AsyncLocalStorage` that recognises nested use: `new AsyncLocalStorage<AmbientScope | undefined>()`
 * fits as it is.
 */
export interface AsyncContext {
  /** Runs `work`, and whatever it awaits, in `scope`. */
  run<T>(scope: AmbientScope | undefined, work: () => T): T
  /** The scope of the running code. */
  getStore(): AmbientScope | undefined
}

/** An opened database. Whatever it or its sessions throw is a {@link StoreError}. */
export interface Engine {
  /** The backend's name. */
  readonly name: string
  /** Absolute path or URL, without credentials. */
  readonly location: string
  /** What it can do; frozen. */
  readonly capabilities: Capabilities
  /** Kysely's query compiler for its dialect. */
  readonly compiler: QueryCompiler
  /** Kysely's adapter for its dialect; its migration lock must lock, against {@link Engine.lockMigrations} too. */
  readonly adapter: DialectAdapter
  /** Whether the running code is inside what holds the lock that a write or maintenance would wait for. */
  isNestedUse(): boolean
  /** Set where the runtime tracks async context. */
  readonly asyncContext: AsyncContext | undefined
  /** Kysely's introspector for its dialect. */
  createIntrospector(db: Kysely<any>): DatabaseIntrospector
  /**
   * Runs one statement on its own. May answer at once, without a promise: the hot path of an embedded database.
   * An answer means that the engine is idle again.
   */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>>
  /** Leases a session for a transaction, a connection or a stream. Cheap: it takes locks only when it needs them. */
  acquire(ctx: AcquireContext): EngineSession | Promise<EngineSession>
  /**
   * Waits for the lock that one migrator has at a time, among processes too. It must not need what a session may hold.
   * Giving it back never rejects. @throws BUSY after ten minutes, NESTED_USE, ABORTED
   */
  lockMigrations(ctx: StatementContext): Promise<AsyncDisposable>
  /**
   * Waits until no other store has the database open whose code may be older than the migrations; what it answers lets them
   * come again. Called with the lock of {@link Engine.lockMigrations}, once something is pending. Left out where migrations
   * run beside others. @throws BUSY after ten minutes, ABORTED
   */
  migrateAlone?(ctx: StatementContext): Promise<AsyncDisposable>
  /** How foreign keys are put aside while migrations rebuild tables; `undefined` where they never have to be. */
  readonly foreignKeys: ForeignKeySwitch | undefined
  /** Tries to become the maintainer, without waiting for another one, and plans the run. */
  openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession>
  /**
   * Copies the database, as it is at one moment from the call on, to a file of its own. Only called where
   * `capabilities.backup`. Either the copy is whole, on the disk and in its place, or nothing of it is left.
   * @throws INVALID_ARGUMENT for a place where none may be made; whatever its signal says
   */
  backup(run: BackupRun): Promise<BackupResult>
  /**
   * Opens what stands at its place now, and checks it; only called where `capabilities.reopen`. Waits for what has a
   * connection, and leaves every later statement failing where it could not be opened. @throws BUSY, REPLACED, CORRUPT
   */
  reopen?(ctx: StatementContext): Promise<ReopenResult>
  /**
   * Tells `listener` of each commit that has changed rows, by whichever store of this database; only called where
   * `capabilities.changeNotice`. What the listener does must not hold the commit up. The answer ends it.
   */
  onChange?(listener: (tables: ChangedTables) => void): () => void
  /** What a later run, or another process, may read of what a maintainer has noted; `undefined` for never. */
  recall(key: string): Promise<string | undefined>
  /**
   * Asks the database one small question that reads something, and resolves when it has answered. Waits behind no lock
   * of writers, and counts nowhere.
   */
  ping(ctx: StatementContext): Promise<void>
  /** Findings of its own, beyond those that the core makes of `stats()`. Asks as {@link Engine.ping} does, in bounded time. */
  health(limits: HealthLimits, ctx: StatementContext): Promise<readonly HealthFinding[]>
  /** How it runs a statement, a line for each step; the lines hold no value that was bound. */
  explain(query: CompiledQuery, ctx: StatementContext): Promise<readonly string[]>
  /** What it counts of itself: a frozen snapshot. */
  stats(): EngineStats
  /** Counts anew from here on. */
  resetStats(): void
  /** Releases every handle. Called once, after the last session was released. */
  close(): Promise<EngineCloseReport>
}

/** Puts foreign keys aside on one session. Source: https://www.sqlite.org/lang_altertable.html#otheralter */
export interface ForeignKeySwitch {
  /** From here to the end of the session they are not enforced. Called outside a transaction. */
  suspend(session: EngineSession, ctx: StatementContext): Promise<void>
  /**
   * Called in the transaction before anything is changed, it looks which rows break one already, in every table. The
   * answer is called before the commit. @throws CONSTRAINT from it, where there are more, naming the tables and no value
   */
  watch(session: EngineSession, ctx: StatementContext): Promise<() => Promise<void>>
}

/** What {@link Engine.close} answers. */
export interface EngineCloseReport {
  /** Size of the write-ahead log that was left, in bytes; absent where there is none. */
  readonly walSizeBytes?: number | undefined
  /** What kept it from leaving the database as it should be: another file is in its place, or it is damaged. */
  readonly failure?: StoreErrorCode | undefined
  /** Names that its log was given, where the database is not ours any more. */
  readonly setAside?: readonly string[] | undefined
}

/** What came of {@link Engine.reopen}. */
export interface ReopenResult {
  /** Whether it was another file than the one that was open. */
  readonly wasReplaced: boolean
  /** Absolute paths of the log that was left of the file before; none where there was none. */
  readonly setAside: readonly string[]
}

/** What every statement gets. */
export interface StatementContext {
  /**
   * Stops the waiting for locks, and the statement where `capabilities.cancellation` says so. It may be made when it is
   * first asked for: an engine that answers at once should not ask.
   */
  readonly signal?: AbortSignal | undefined
  /** Whether its caller has given a signal, and so wants to be able to stop it at any moment. @default false */
  readonly isAbortable?: boolean | undefined
  /**
   * In milliseconds: how long the statement may run once it has the lock or the connection that it needs; of a stream,
   * each of its chunks. Past it the statement is stopped, where that can be done, and fails with `TIMEOUT`.
   */
  readonly timeoutMs?: number | undefined
}

/** What a session is acquired with. */
export interface AcquireContext extends StatementContext {
  /** Where its transaction runs. `worker` is only asked for where `capabilities.workers`. @default 'inline' */
  readonly executor?: 'inline' | 'worker' | undefined
}

/** A leased session: Kysely's connection, and the transaction on it. */
export interface EngineSession extends DatabaseConnection, AmbientScope {
  /** As Kysely calls it; the store also says how long a chunk may take. */
  streamQuery<R>(query: CompiledQuery, chunkSize: number, ctx?: StatementContext): AsyncIterableIterator<QueryResult<R>>
  /** Runs a statement; may answer at once, as {@link Engine.execute}. */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>>
  /** The driver's handle; asking for it pins the session and marks its settings as changed. */
  raw(ctx: StatementContext): Promise<unknown>
  /** Begins a transaction, waiting for the locks it needs. */
  begin(settings: TransactionSettings, ctx: StatementContext): Promise<void>
  /** Commits; a doomed transaction is rolled back instead and the error says so. */
  commit(): Promise<void>
  /** Rolls back, after the statement that is running; nothing to do if the engine has done so by itself. */
  rollback(): Promise<void>
  /** Begins a savepoint; the engine quotes the name. */
  savepoint(name: string): Promise<void>
  /** Undoes what was done since the savepoint, which stays. */
  rollbackToSavepoint(name: string): Promise<void>
  /** Ends the savepoint and keeps what was done. */
  releaseSavepoint(name: string): Promise<void>
  /**
   * From now on statements fail with `reason` and `commit()` rolls back. Answers false, and does nothing, once a commit
   * is under way: then it is the commit that says how things end.
   */
  doom(reason: StoreError): boolean
  /** Waits for the running statement, rolls back what is open, restores settings, gives the connection back. Never rejects. */
  release(): Promise<void>
}

/** What a maintenance session is opened with. Validated by the core. */
export interface MaintenanceRun {
  /** See `MaintenanceContext.mode`. */
  readonly mode: MaintenanceMode
  /** The only steps that were asked for; `undefined` for those of the mode. */
  readonly steps: readonly MaintenanceStepName[] | undefined
  /** See `MaintenanceContext.integrity`. */
  readonly integrity: 'off' | 'quick' | 'full'
  /** Whether to plan only; then no lock among maintainers is taken. */
  readonly dryRun: boolean
  /** See `MaintenanceContext.allowBlocking`. */
  readonly allowBlocking: boolean
  /** In milliseconds; `false` lets writers wait. See `MaintenanceContext.maxWriteWaitMs`. */
  readonly maxWriteWaitMs: number | false
  /** Ends the run: the caller's signal, its deadline and `close()` in one. */
  readonly signal: AbortSignal
  /** Milliseconds left of the budget; `Infinity` without one. */
  budgetLeftMs(): number
  /** Tells how far a step is; never throws. */
  progress(step: MaintenanceStepName, done: number, total: number | undefined, unit: MaintenanceProgress['unit']): void
}

/** One run, from the moment this process is the maintainer. */
export interface MaintenanceSession {
  /** Set when the run must not begin: another maintainer, nothing to look after. The core reports it as skipped. */
  readonly skip: string | undefined
  /** Looks, and decides which steps to run, and why. Asked again after tasks have changed what there is to do. */
  plan(): Promise<MaintenancePlan>
  /** Notes something for {@link Engine.recall}; kept once the session is closed. */
  remember(key: string, value: string): void
  /** Runs one step of the plan. A throw becomes `failed`, or `aborted` once the signal is. */
  run(step: MaintenanceStepName): Promise<MaintenanceStepResult>
  /** Called on every exit, abort included; `walSizeBytes` afterwards is what is left. */
  close(): Promise<void>
}

/** What a backup is made with. Validated by the core, but for the path. */
export interface BackupRun {
  /** Where it is to be, as the application has written it; not empty. */
  readonly path: string
  /** See `BackupContext.overwrite`. */
  readonly overwrite: boolean
  /** See `BackupContext.verify`. */
  readonly verify: boolean
  /** Ends it: the caller's signal, its deadline and `close()` in one. */
  readonly signal: AbortSignal
  /** Tells how far it is; never throws. */
  progress(doneBytes: number, totalBytes: number): void
}

/** What came of a backup. */
export interface BackupResult {
  /** Absolute path of the copy. */
  readonly location: string
  /** Its size in bytes. */
  readonly sizeBytes: number
}

/** What one step says of itself; the core adds its name and duration. */
export interface MaintenanceStepResult {
  /** How it ended. */
  readonly status: MaintenanceStepStatus
  /** Why, unless it is `done`. */
  readonly reason?: string | undefined
  /** What was measured before it. */
  readonly before?: MaintenanceMeasures | undefined
  /** What was measured after it, as it really is. */
  readonly after?: MaintenanceMeasures | undefined
  /** What came of each table, or index, where it goes through them one by one. */
  readonly tables?: readonly MaintenanceTableReport[] | undefined
}
