/** What `createMaintenanceService` gives: the service and what it tells of itself. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { Context } from './context.ts'
import type { MaintenanceOutcome, MaintenanceReport } from './maintenance.ts'
import type { MaintenanceStepStatus } from './step-status.ts'

/** Where a service is in its life; `disabled` is for good. */
export type MaintenanceServiceState = 'idle' | 'running' | 'stopping' | 'stopped' | 'disabled'

/** What `onRun` gets, once for each run of the service. */
export interface MaintenanceServiceRun {
  /** Who began it: the schedule, or `runNow()`. */
  readonly trigger: 'schedule' | 'runNow'
  /** What came of it; `aborted` and `failed` also of runs that rejected. */
  readonly outcome: MaintenanceOutcome
  /** Its report; absent if it rejected before there was one. */
  readonly report?: MaintenanceReport | undefined
  /** What it rejected with. */
  readonly error?: unknown
}

/** What went wrong last. */
export interface MaintenanceServiceError {
  /** When it was found. */
  readonly at: Date
  /** Which run, task or step: `run`, `task cleanup`, `step reclaim`, `checkpoint`. */
  readonly source: string
  /** Its code; `UNKNOWN` for an error that is not the store's. Of steps only the reason is known. */
  readonly code?: StoreErrorCode | undefined
  /** The same in words; never the message of an error that is not the store's. */
  readonly reason: string
}

/** What a task has come to over the runs of this service. */
export interface ServiceTaskTotals {
  /** Runs in which it began: those in which it was skipped, or blocked before it began, included. */
  readonly runCount: number
  /** Runs in which it failed. */
  readonly failureCount: number
  /** How it ended last; `undefined` for never. */
  readonly lastStatus?: MaintenanceStepStatus | undefined
  /** Time spent in it, in milliseconds. */
  readonly durationMs: number
  /** The sums of the numbers that it has told, e.g. `{ deletedRowCount: 1200 }`. */
  readonly counters: Readonly<Record<string, number>>
}

/** What the checkpoint loop has come to. */
export interface CheckpointLoopStats {
  /** How often the size of the log was looked at. */
  readonly lookCount: number
  /** Checkpoints by what came of them. */
  readonly runCount: Readonly<Record<MaintenanceOutcome, number>>
  /** When a checkpoint last emptied the log; `undefined` for never. */
  readonly lastSuccess?: Date | undefined
  /** What the last failure was; `undefined` for never. One that was blocked is none. */
  readonly lastError?: MaintenanceServiceError | undefined
}

/** An immutable snapshot of a service. It counts from the making of the service on, over all its starts. */
export interface MaintenanceServiceStats {
  /** Where it is in its life. */
  readonly state: MaintenanceServiceState
  /** Why it is `disabled`; `undefined` where it is not. */
  readonly disabledReason?: string | undefined
  /** Whether a run is under way, of the schedule or of `runNow()`. */
  readonly isRunInFlight: boolean
  /** Runs by what came of them; `aborted` and `failed` also count those that rejected. */
  readonly runCount: Readonly<Record<MaintenanceOutcome, number>>
  /** When the last run of this service began, whatever came of it; `undefined` for never. */
  readonly lastAttempt?: Date | undefined
  /**
   * When the last run ended in which nothing failed and nothing was blocked; `undefined` for never. What
   * `store.lastMaintenance()` knows counts too: it survives a restart, and may be another process's.
   */
  readonly lastSuccess?: Date | undefined
  /** What the last failure was; it stays after a success. An abort and a run that was skipped are none. */
  readonly lastError?: MaintenanceServiceError | undefined
  /** When the next run is due; `undefined` where none is: not started, or the schedule's own run is under way. */
  readonly nextRunAt?: Date | undefined
  /** The tasks by name, also those that have never run. */
  readonly tasks: Readonly<Record<string, ServiceTaskTotals>>
  /** The checkpoint loop; `undefined` where there is none. */
  readonly checkpoint?: CheckpointLoopStats | undefined
}

/** Maintenance of a store by a schedule. Made by `createMaintenanceService`. */
export interface MaintenanceService extends AsyncDisposable {
  /**
   * Begins the schedule; again after `stop()`. A second call does nothing; one while `stop()` is under way starts it again
   * once that is over. A disabled service logs why it is, and stays so. A service alone does not keep a process alive.
   *
   * @throws CLOSED
   */
  start(): void
  /**
   * Ends the schedule, aborts the run under way and resolves when that has ended. May come before `start()`, and again.
   * `signal` and `timeoutMs` end the caller's own waiting, and not the stopping. Disposing of the service is `stop()`.
   * Closing the store is too, and waits for it. In a task, or in a transaction, it stops as well, but cannot be waited for.
   *
   * @throws ABORTED, TIMEOUT, INVALID_ARGUMENT; NESTED_USE in a task or a transaction of the store
   */
  stop(ctx?: Context): Promise<void>
  /**
   * Runs now, also before `start()` and after `stop()`, and does not change when the next run is due. Joins a run under
   * way: both get the report. Who has begun it ends it by `signal` and `timeoutMs`; a joiner ends its own waiting. A
   * disabled service resolves to a report that is `skipped`, with the reason.
   *
   * @throws what `store.maintenance()` rejects with; ABORTED while it is being stopped
   */
  runNow(ctx?: Context): Promise<MaintenanceReport>
  /** What it has come to. */
  stats(): MaintenanceServiceStats
}
