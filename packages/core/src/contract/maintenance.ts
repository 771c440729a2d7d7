/**
 * What `store.maintenance()` takes, tells and reports.
 *
 * The call resolves whenever it could look: what failed or was blocked is in the report. It rejects with `ABORTED`
 * (carrying the report so far), `CLOSED`, `READONLY`, `UNSUPPORTED`, `CORRUPT` or `INVALID_ARGUMENT`.
 */
import type { Context } from './context.ts'

/** How much is done: `light` looks and checkpoints, `auto` does what is worthwhile, `full` does everything. */
export type MaintenanceMode = 'auto' | 'light' | 'full'

/** The steps the SQLite backends know, in their order. Other backends may name their own. */
export const MAINTENANCE_STEPS = [
  'inspect',
  'checkpoint',
  'integrity',
  'reclaim',
  'vacuum',
  'analyze',
  'finalCheckpoint',
  'shrink',
] as const

/** The name of a step. */
export type MaintenanceStepName = (typeof MAINTENANCE_STEPS)[number]

/** Where a step stands. */
export interface MaintenanceProgress {
  readonly step: MaintenanceStepName
  readonly done: number
  /** `undefined` where nobody can know it. */
  readonly total: number | undefined
  readonly unit: 'pages' | 'bytes' | 'frames' | 'steps' | 'tables'
}

/** What is about to be done; `onBegin` may veto it. */
export interface MaintenancePlan {
  readonly mode: MaintenanceMode
  readonly steps: readonly { readonly name: MaintenanceStepName; readonly run: boolean; readonly reason: string }[]
}

/** Options of `store.maintenance()`. */
export interface MaintenanceContext extends Context {
  /** @default 'auto' */
  readonly mode?: MaintenanceMode | undefined
  /** Only these steps. @default those of the mode */
  readonly steps?: readonly MaintenanceStepName[] | undefined
  /** No new step and no new chunk begins after this many milliseconds. @default no limit */
  readonly budgetMs?: number | undefined
  /** Called as the work goes on; what it throws is logged and ignored. */
  readonly onProgress?: ((progress: MaintenanceProgress) => void) | undefined
  /** Called once with the plan before anything is changed; `false` skips the run. */
  readonly onBegin?: ((plan: MaintenancePlan) => boolean | void | Promise<boolean | void>) | undefined
  /** Whether the database is checked first. @default 'off' */
  readonly integrity?: 'off' | 'quick' | 'full' | undefined
  /** Reports what would be done, and why, and does none of it. @default false */
  readonly dryRun?: boolean | undefined
  /** Lets mode `auto` run a full VACUUM, which blocks writers, where nothing else gives space back. @default false */
  readonly allowBlocking?: boolean | undefined
  /** A writer that has waited this long for a full VACUUM ends it; `false` lets it wait. @default 250 */
  readonly maxWriteWaitMs?: number | false | undefined
}

/** How a step ended. */
export type MaintenanceStepStatus = 'done' | 'skipped' | 'blocked' | 'failed' | 'aborted'

/** Measurements before and after a step; the keys say their units. */
export type MaintenanceMeasures = Readonly<Record<string, number | string | boolean>>

/** One step of a report. */
export interface MaintenanceStepReport {
  readonly name: MaintenanceStepName
  readonly status: MaintenanceStepStatus
  /** Why it was skipped, blocked or failed; with `dryRun` also why it would run. */
  readonly reason?: string | undefined
  readonly durationMs: number
  readonly before?: MaintenanceMeasures | undefined
  readonly after?: MaintenanceMeasures | undefined
}

/**
 * `ok`: everything that was to be done is done. `partial`: some step was blocked, failed or out of budget.
 * `skipped`: nothing was looked at beyond whether to begin. `failed`: no step succeeded. `aborted`: stopped by the
 * signal, the deadline or `close()`.
 */
export type MaintenanceOutcome = 'ok' | 'partial' | 'skipped' | 'failed' | 'aborted'

/** What `store.maintenance()` resolves to. */
export interface MaintenanceReport {
  readonly backend: string
  readonly startedAt: Date
  readonly durationMs: number
  readonly outcome: MaintenanceOutcome
  /** Why the whole run was skipped. */
  readonly reason?: string | undefined
  readonly dryRun: boolean
  readonly mode: MaintenanceMode
  readonly steps: readonly MaintenanceStepReport[]
}
