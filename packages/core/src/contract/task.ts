/**
 * Work that maintenance does before its own steps: retention, above all. What tasks there are ready-made stands in
 * `retention/`; `task()` makes one of any function.
 */
import type { Kysely } from 'kysely'
import type { Capabilities } from './capabilities.ts'
import type { Clock } from './clock.ts'
import type { StoreLog } from './log.ts'
import type { MaintenanceMeasures, MaintenanceStepStatus } from './step-status.ts'
import type { StoreTransaction, TransactionContext } from './transaction.ts'

/** The part of a store that a task works with: maintenance inside of maintenance would wait for itself. */
export interface TaskStore<DB> {
  /** As `store.db`, without the default timeout: a task has a deadline of its own. */
  readonly db: Kysely<DB>
  /** As `store.capabilities`. */
  readonly capabilities: Capabilities
  /** As `store.transaction()`, without that timeout. */
  transaction<T>(work: (tx: StoreTransaction<DB>) => Promise<T>, ctx?: TransactionContext): Promise<T>
}

/** What a task works with. */
export interface TaskContext<DB> {
  /** The store that is maintained. */
  readonly store: TaskStore<DB>
  /** Aborts when the run ends early, when the store closes, and at the task's own deadline. */
  readonly signal: AbortSignal
  /** The store's clock. */
  readonly clock: Clock
  /** The store's logger. */
  readonly log: StoreLog
  /** Milliseconds left of the run's budget; `Infinity` without one. Where it is 0, stop between two batches. */
  budgetLeftMs(): number
  /** Tells how far the task is; reaches `onProgress`. */
  progress(done: number, total: number | undefined): void
  /** Adds to a counter of the task's report, which keeps it however the task ends. */
  count(counter: string, by: number): void
}

/** What a task may say of itself: counters, whose keys name their units. */
export interface TaskResult {
  /** `blocked` where the budget ended it and there is more to do. @default 'done' */
  readonly status?: 'done' | 'blocked' | undefined
  /** Why, unless it is `done`. */
  readonly reason?: string | undefined
  /** What it has done, e.g. `{ deletedRowCount: 1200 }`; beside what it has counted with {@link TaskContext.count}. */
  readonly counters?: MaintenanceMeasures | undefined
}

/**
 * A task of maintenance; made by `deleteOlderThan`, `deleteWhere`, `keepLatest` or `task`.
 *
 * `DB` is what it needs of a schema: a task fits every store whose schema has that, and may have more.
 */
export interface MaintenanceTask<in DB> {
  /** Names it in reports; unique among the tasks of a run. */
  readonly name: string
  /**
   * In milliseconds: past it the task's signal aborts and, if it does not settle soon, it is left behind. This store
   * does not begin it again before it has settled; a store of another process may. @default 600000
   */
  readonly timeoutMs?: number | undefined
  /** Does the work. What it throws makes the task `failed`; the run goes on. `task()` gives it the schema's types. */
  run(context: TaskContext<any>): Promise<TaskResult | void>
  /** Never there: by its type the compiler knows which stores a task fits. */
  readonly needs?: ((schema: DB) => void) | undefined
}

/** What came of a task. */
export interface TaskReport {
  /** Which task. */
  readonly name: string
  /** How it ended. */
  readonly status: MaintenanceStepStatus
  /** Why it was skipped, blocked or failed. Of an error that is not the store's only its name: see `error`. */
  readonly reason?: string | undefined
  /** What the task failed with. */
  readonly error?: unknown
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** What it has done. */
  readonly counters?: MaintenanceMeasures | undefined
}
