/**
 * One run of maintenance: become the maintainer, plan, ask `onBegin`, run the tasks, plan again, run the steps, note the
 * success.
 *
 * What the steps are and what they do is the engine's. Here are the budget, the veto, the order and the report.
 */
import { abortError, assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import type { Engine, MaintenanceSession, MaintenanceStepResult } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type {
  MaintenanceContext,
  MaintenancePlan,
  MaintenanceProgress,
  MaintenanceReport,
} from '../contract/maintenance.ts'
import type { MaintenanceStepName } from '../contract/maintenance-steps.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import { tellProgress } from '../store/tell-progress.ts'
import type { ResolvedMaintenanceOptions } from './maintenance-options.ts'
import { MAINTAINED_AT } from './recall-maintained.ts'
import { ReportBuilder } from './report-builder.ts'
import type { TaskRunner } from './task-runner.ts'

/** What a run needs of its store. */
export interface MaintenanceParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly logger: StoreLog
  readonly tasks: TaskRunner
}

/** `options` are those of `ctx`, checked; `signal` ends the run. @throws see `Store.maintenance` */
export function attemptMaintenance(
  parts: MaintenanceParts,
  ctx: MaintenanceContext,
  options: ResolvedMaintenanceOptions,
  signal: AbortSignal,
): Promise<MaintenanceReport> {
  return new MaintenanceAttempt(parts, ctx, options, signal).run()
}

class MaintenanceAttempt {
  readonly #parts: MaintenanceParts
  readonly #ctx: MaintenanceContext
  readonly #options: ResolvedMaintenanceOptions
  readonly #signal: AbortSignal
  readonly #report: ReportBuilder

  constructor(
    parts: MaintenanceParts,
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    signal: AbortSignal,
  ) {
    this.#parts = parts
    this.#ctx = ctx
    this.#options = options
    this.#signal = signal
    this.#report = new ReportBuilder(parts.engine.name, options, parts.clock)
  }

  async run(): Promise<MaintenanceReport> {
    try {
      assertNotAborted(this.#signal, 'maintenance')
      const skip = await this.#inSession()
      if (skip !== undefined) return this.#report.skipped(skip)
      if (this.#report.has('aborted')) throw abortError(this.#signal, 'maintenance')
      const finished = this.#report.finished()
      const { backend, mode, outcome, durationMs } = finished
      this.#parts.logger.debug?.('maintenance done', { backend, mode, outcome, durationMs })
      return finished
    } catch (error) {
      throw this.#withReport(error)
    }
  }

  /** Answers why nothing was begun. */
  async #inSession(): Promise<string | undefined> {
    const session = await this.#parts.engine.openMaintenance({
      ...this.#options,
      signal: this.#signal,
      budgetLeftMs: () => this.#report.budgetLeftMs(),
      progress: (step, done, total, unit) => this.#tell({ step, done, total, unit }),
    })
    try {
      if (session.skip !== undefined) return session.skip
      const plan = await session.plan()
      if (await this.#isVetoed(plan)) return 'onBegin said no'
      await this.#runTasks()
      const { steps } = this.#options.tasks.length === 0 ? plan : await session.plan()
      for (const step of steps) {
        // An abort after the last step changes nothing; before it, whatever is left did not happen.
        assertNotAborted(this.#signal, 'maintenance')
        await this.#runStep(session, step)
      }
      if (this.#isGood()) session.remember(MAINTAINED_AT, String(this.#parts.clock.now().getTime()))
      return undefined
    } finally {
      await session.close()
    }
  }

  async #runTasks(): Promise<void> {
    const { tasks, dryRun } = this.#options
    for (const task of tasks) {
      assertNotAborted(this.#signal, 'maintenance')
      const report = await this.#parts.tasks.run(task, {
        signal: this.#signal,
        dryRun,
        budgetLeftMs: () => this.#report.budgetLeftMs(),
        progress: (done, total) => this.#tell({ task: task.name, done, total, unit: 'rows' }),
      })
      this.#report.addTask(report)
    }
  }

  async #runStep(session: MaintenanceSession, step: MaintenancePlan['steps'][number]): Promise<void> {
    const { name, run, reason } = step
    const report = this.#report
    const { clock } = this.#parts
    if (!run) report.add(name, 0, { status: 'skipped', reason })
    else if (this.#options.dryRun) report.add(name, 0, { status: 'skipped', reason: `dry run: ${reason}` })
    else if (report.budgetLeftMs() === 0) report.add(name, 0, { status: 'blocked', reason: 'the budget is spent' })
    else {
      const startedMs = clock.monotonicMs()
      const result = await this.#resultOf(session, name)
      report.add(name, clock.monotonicMs() - startedMs, result)
    }
  }

  async #resultOf(session: MaintenanceSession, name: MaintenanceStepName): Promise<MaintenanceStepResult> {
    try {
      return await session.run(name)
    } catch (error) {
      if (isStoreError(error) && error.code === 'CORRUPT') throw error
      if (this.#signal.aborted) return { status: 'aborted', reason: abortError(this.#signal, name).code }
      if (!isStoreError(error)) throw error
      return { status: error.code === 'BUSY' ? 'blocked' : 'failed', reason: `${error.code}: ${error.message}` }
    }
  }

  /** @throws ABORTED while the caller has not answered */
  async #isVetoed(plan: MaintenancePlan): Promise<boolean> {
    const tasks = this.#options.tasks.map((task) => task.name)
    const asked = Promise.resolve(this.#ctx.onBegin?.({ ...plan, tasks }))
    return (await raceAbort(asked, this.#signal, 'maintenance')) === false
  }

  #tell(progress: MaintenanceProgress): void {
    tellProgress(this.#ctx.onProgress, progress, this.#parts.logger)
  }

  /** Whether the database has been looked after: a few named steps, or a look, do not count. */
  #isGood(): boolean {
    const { mode, steps, dryRun } = this.#options
    return mode !== 'light' && steps === undefined && !dryRun && this.#report.finished().outcome === 'ok'
  }

  /** What had been done until then goes with an abort, and with the news that the database is damaged. */
  #withReport(error: unknown): unknown {
    if (!isStoreError(error)) return error
    const { code, message, nativeCode, cause } = error
    if (code === 'CORRUPT') {
      const report = this.#report.failed()
      return new StoreError(code, message, { operation: 'maintenance', nativeCode, cause, report })
    }
    if (!this.#signal.aborted || code !== abortError(this.#signal, 'maintenance').code) return error
    return new StoreError(code, message, { operation: 'maintenance', cause, report: this.#report.aborted() })
  }
}
