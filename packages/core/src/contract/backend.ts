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
import type { StoreError } from '../errors/store-error.ts'
import type { StoreUrl } from '../open/store-url.ts'
import type { Capabilities } from './capabilities.ts'
import type { Clock } from './clock.ts'
import type { StoreLog } from './log.ts'
import type {
  MaintenanceMeasures,
  MaintenanceMode,
  MaintenancePlan,
  MaintenanceStepName,
  MaintenanceStepStatus,
} from './maintenance.ts'
import type { HealthFinding } from './reports.ts'

/** Opens databases of one or more URL schemes. */
export interface Backend {
  /** For logs and errors, e.g. `sqlite-native`. */
  readonly name: string
  /** URL schemes without the colon. */
  readonly schemes: readonly string[]
  /** Opens the database. Heavy drivers are loaded here, not before. @throws StoreError */
  open(request: OpenRequest): Promise<Engine>
}

/** What {@link Backend.open} gets. */
export interface OpenRequest {
  readonly url: StoreUrl
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** The part of Node's `AsyncLocalStorage` that recognises nested use; an instance of it fits as it is. */
export interface AsyncContext {
  run<T>(session: EngineSession | undefined, work: () => T): T
  getStore(): EngineSession | undefined
}

/** An opened database. Whatever it or its sessions throw is a {@link StoreError}. */
export interface Engine {
  readonly name: string
  readonly location: string
  readonly capabilities: Capabilities
  readonly compiler: QueryCompiler
  readonly adapter: DialectAdapter
  /** Set where the runtime tracks async context. */
  readonly asyncContext: AsyncContext | undefined
  createIntrospector(db: Kysely<any>): DatabaseIntrospector
  /**
   * Runs one statement on its own. May answer at once, without a promise: the hot path of an embedded database.
   * An answer means that the engine is idle again.
   */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>>
  /** Leases a session for a transaction, a connection or a stream. Cheap: it takes locks only when it needs them. */
  acquire(ctx: StatementContext): EngineSession | Promise<EngineSession>
  openMaintenance(run: MaintenanceRun): Promise<MaintenanceSession>
  /** Findings beyond `reachable`, which the core makes. */
  health(ctx: StatementContext): Promise<readonly HealthFinding[]>
  stats(): Readonly<Record<string, number>>
  /** Releases every handle. Called once, after the last session was released. */
  close(): Promise<EngineCloseReport>
}

/** What {@link Engine.close} answers. */
export interface EngineCloseReport {
  readonly walSizeBytes?: number | undefined
}

/** What every statement gets. */
export interface StatementContext {
  readonly signal?: AbortSignal | undefined
}

/** A leased session: Kysely's connection, and the transaction on it. */
export interface EngineSession extends DatabaseConnection {
  /** The session in whose async context this one was leased. */
  readonly outer: EngineSession | undefined
  /** Whether a transaction is open on it. */
  readonly inTransaction: boolean
  /** Runs a statement; may answer at once, as {@link Engine.execute}. */
  execute(query: CompiledQuery, ctx: StatementContext): QueryResult<unknown> | Promise<QueryResult<unknown>>
  /** The driver's handle; asking for it pins the session and marks its settings as changed. */
  raw(ctx: StatementContext): Promise<unknown>
  begin(settings: TransactionSettings, ctx: StatementContext): Promise<void>
  /** Commits; a doomed transaction is rolled back instead and the error says so. */
  commit(): Promise<void>
  rollback(): Promise<void>
  savepoint(name: string): Promise<void>
  rollbackToSavepoint(name: string): Promise<void>
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
  readonly mode: MaintenanceMode
  readonly steps: readonly MaintenanceStepName[] | undefined
  readonly integrity: 'off' | 'quick' | 'full'
  readonly dryRun: boolean
  readonly allowBlocking: boolean
  readonly maxWriteWaitMs: number | false
  readonly signal: AbortSignal
  /** Milliseconds left of the budget; `Infinity` without one. */
  budgetLeftMs(): number
  progress(
    step: MaintenanceStepName,
    done: number,
    total: number | undefined,
    unit: 'pages' | 'bytes' | 'frames' | 'steps' | 'tables',
  ): void
}

/** One run, from the moment this process is the maintainer. */
export interface MaintenanceSession {
  /** Set when the run must not begin: another maintainer, nothing to look after. The core reports it as skipped. */
  readonly skip: string | undefined
  readonly plan: MaintenancePlan
  /** Runs one step of the plan. A throw becomes `failed`, or `aborted` once the signal is. */
  run(step: MaintenanceStepName): Promise<MaintenanceStepResult>
  /** Called on every exit, abort included; `walSizeBytes` afterwards is what is left. */
  close(): Promise<void>
}

/** What one step says of itself; the core adds its name and duration. */
export interface MaintenanceStepResult {
  readonly status: MaintenanceStepStatus
  readonly reason?: string | undefined
  readonly before?: MaintenanceMeasures | undefined
  readonly after?: MaintenanceMeasures | undefined
}
