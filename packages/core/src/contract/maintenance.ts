/**
 * What `store.maintenance()` takes, tells and reports.
 *
 * The call resolves whenever it could look: what failed or was blocked is in the report. It rejects with `ABORTED`,
 * `TIMEOUT`, `CLOSED` or `CORRUPT`, which carry the report so far if the run had begun, and with `READONLY`,
 * `UNSUPPORTED`, `NESTED_USE` or `INVALID_ARGUMENT`. An `onBegin` that throws is `UNKNOWN`, with its error as cause.
 */
import type { Context } from './context.ts'
import type { MaintenanceStepName } from './maintenance-steps.ts'
import type { MaintenanceMeasures, MaintenanceStepStatus } from './step-status.ts'
import type { MaintenanceTask, TaskReport } from './task.ts'

/** How much is done: `light` looks and checkpoints, `auto` does what is worthwhile, `full` does everything. */
export type MaintenanceMode = 'auto' | 'light' | 'full'

/** How far a step is; what `onProgress` gets. */
export interface MaintenanceProgress {
  /** The step that is running; absent while a task is. */
  readonly step?: MaintenanceStepName | undefined
  /** The task that is running; absent while a step is. */
  readonly task?: string | undefined
  /** How much of it is done, in `unit`. */
  readonly done: number
  /** How much there is in all, in `unit`; `undefined` where nobody can know it. */
  readonly total: number | undefined
  /**
   * What `done` and `total` count: pages of `reclaim`, bytes of SQLite's `vacuum`, rows of tasks; on a server pages of the
   * tables that are gone through; `steps` for those that tell no more.
   */
  readonly unit: 'pages' | 'bytes' | 'frames' | 'steps' | 'tables' | 'rows'
}

/** What is about to be done; `onBegin` may veto it. */
export interface MaintenancePlan {
  /** The mode that was asked for. */
  readonly mode: MaintenanceMode
  /** The steps in their order, whether each will run, and why or why not. */
  readonly steps: readonly { readonly name: MaintenanceStepName; readonly run: boolean; readonly reason: string }[]
}

/** A plan as `onBegin` gets it. What tasks delete may change which steps are worthwhile: it is planned again after them. */
export interface MaintenanceRunPlan extends MaintenancePlan {
  /** The names of the tasks, which run first. */
  readonly tasks: readonly string[]
}

/** Options of `store.maintenance()`. */
export interface MaintenanceContext<DB = any> extends Context {
  /**
   * Work to do first, in this order, by the one maintainer there is: retention of old rows, and whatever else
   * `task()` makes. One that fails does not keep the next from running. @default none
   */
  readonly tasks?: readonly MaintenanceTask<DB>[] | undefined
  /** How much is done. @default 'auto' */
  readonly mode?: MaintenanceMode | undefined
  /** Only these steps. @default those of the mode */
  readonly steps?: readonly MaintenanceStepName[] | undefined
  /** In milliseconds: past it no new step and no new chunk begins, and the run resolves. @default no limit */
  readonly budgetMs?: number | undefined
  /** Called as the work goes on; what it throws is logged and ignored. @default none */
  readonly onProgress?: ((progress: MaintenanceProgress) => void) | undefined
  /**
   * Called once with the plan before anything is changed; `false` skips the run. The run waits for its promise until the
   * signal, the deadline or `close()` ends it. @default none
   */
  readonly onBegin?: ((plan: MaintenanceRunPlan) => boolean | void | Promise<boolean | void>) | undefined
  /**
   * Whether the database is checked first, by `quick_check` or by `integrity_check`; what is found is `CORRUPT`.
   * Source: https://www.sqlite.org/pragma.html#pragma_integrity_check
   * @default 'off'
   */
  readonly integrity?: 'off' | 'quick' | 'full' | undefined
  /** Reports what would be done, and why, and does none of it. @default false */
  readonly dryRun?: boolean | undefined
  /** Lets mode `auto` run a full VACUUM, which blocks writers, where nothing else gives space back. @default false */
  readonly allowBlocking?: boolean | undefined
  /**
   * In milliseconds: a writer that waits for longer than this ends a full VACUUM, or the ANALYZE of a large file;
   * `false` lets it wait. @default 250
   */
  readonly maxWriteWaitMs?: number | false | undefined
}

/** What came of one step. */
export interface MaintenanceStepReport {
  /** Which step. */
  readonly name: MaintenanceStepName
  /** How it ended. */
  readonly status: MaintenanceStepStatus
  /** Why it was skipped, blocked or failed; with `dryRun` also why it would run. */
  readonly reason?: string | undefined
  /** How long it took, in milliseconds; 0 for one that did not run. */
  readonly durationMs: number
  /** What was measured before it, where the step measures. */
  readonly before?: MaintenanceMeasures | undefined
  /** What was measured after it: sizes as the file system tells them. */
  readonly after?: MaintenanceMeasures | undefined
  /** What came of each table, or index, where the step goes through them one by one; those it left out unasked are not in it. */
  readonly tables?: readonly MaintenanceTableReport[] | undefined
}

/** What a step did to one table or index. */
export interface MaintenanceTableReport {
  /** Its name with its schema, as SQL writes it. */
  readonly name: string
  /** How it ended. */
  readonly status: MaintenanceStepStatus
  /** Why it was chosen, where it is done; else why it was skipped, blocked or failed. */
  readonly reason: string
  /** What was measured before it. */
  readonly before?: MaintenanceMeasures | undefined
  /** What was measured after it, as the server tells it. */
  readonly after?: MaintenanceMeasures | undefined
}

/**
 * What came of a run. Steps and tasks that were skipped count for nothing here.
 *
 * `ok`: every task and step that ran is done. `partial`: some are done, and some were blocked or failed. `blocked`: none
 * is done and none has failed: somebody was in the way, and later it may do. `failed`: none is done, and one or more
 * have failed. `skipped`: nothing was begun. `aborted`: stopped by the signal, the deadline or `close()`; only in the
 * report of an error.
 */
export type MaintenanceOutcome = 'ok' | 'partial' | 'blocked' | 'skipped' | 'failed' | 'aborted'

/** What `store.maintenance()` resolves to. */
export interface MaintenanceReport {
  /** The backend's name. */
  readonly backend: string
  /** When the run began; a Date of one's own each time it is read. */
  readonly startedAt: Date
  /** How long the run took, in milliseconds. */
  readonly durationMs: number
  /** What came of it. */
  readonly outcome: MaintenanceOutcome
  /** Why the whole run was skipped. */
  readonly reason?: string | undefined
  /** Whether it only said what would be done. */
  readonly dryRun: boolean
  /** The mode that was asked for. */
  readonly mode: MaintenanceMode
  /** The tasks in their order. */
  readonly tasks: readonly TaskReport[]
  /** The steps in their order, those that were skipped included. */
  readonly steps: readonly MaintenanceStepReport[]
}
