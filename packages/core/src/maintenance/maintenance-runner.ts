/**
 * Runs maintenance, one run at a time, and tells what came of it.
 *
 *   idle ──run()──▶ running ──settles──▶ idle
 *            run() again joins, or waits and runs after it; stop() aborts and waits
 *
 * A run is: become the maintainer, plan, ask `onBegin`, run the tasks, plan again, run the steps, note the success. What
 * the steps are and what they do is the engine's. Here are the options, the budget, the veto, the order.
 */
import { abortError, assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine, MaintenanceRun, MaintenanceSession, MaintenanceStepResult } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type {
  MaintenanceContext,
  MaintenancePlan,
  MaintenanceProgress,
  MaintenanceReport,
  MaintenanceStepName,
} from '../contract/maintenance.ts'
import type { TaskStore } from '../contract/task.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import { tellProgress } from '../store/tell-progress.ts'
import { type ResolvedMaintenanceOptions, resolveMaintenanceOptions } from './maintenance-options.ts'
import { MaintenanceTally } from './maintenance-tally.ts'
import { ReportBuilder } from './report-builder.ts'
import { TaskRunner } from './task-runner.ts'

/** What {@link Engine.recall} knows the last good run by: the milliseconds of its end, as `Date` counts them. */
export const MAINTAINED_AT = 'maintained_at'

export class MaintenanceRunner {
  /** What the runs have come to. */
  readonly tally: MaintenanceTally = new MaintenanceTally()
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #logger: StoreLog
  readonly #stop = new AbortController()
  readonly #tasks: TaskRunner
  #current: { readonly options: ResolvedMaintenanceOptions; readonly report: Promise<MaintenanceReport> } | undefined

  constructor(engine: Engine, clock: Clock, logger: StoreLog, store: TaskStore<any>) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
    this.#tasks = new TaskRunner(store, engine.asyncContext, clock, logger)
  }

  /** Whether the running code is a task of a run: to wait for that run would be to wait for itself. */
  get isInside(): boolean {
    return this.#tasks.isInside
  }

  /** Starts a run or joins the one under way; a joiner's signal stops its own waiting only. */
  async run(ctx: MaintenanceContext): Promise<MaintenanceReport> {
    const options = this.#resolve(ctx)
    if (this.#current === undefined) return this.#start(ctx, options, this.#stop.signal)
    using deadline = openDeadline(ctx, this.#clock, 'maintenance')
    while (this.#current !== undefined) {
      const { options: others, report } = this.#current
      if (covers(others, options)) {
        this.tally.joined()
        return await raceAbort(report, deadline.signal, 'maintenance')
      }
      await raceAbort(settled(report), deadline.signal, 'maintenance')
    }
    // The deadline goes on from the call.
    assertNotAborted(this.#stop.signal, 'maintenance')
    return await this.#start({ ...ctx, signal: deadline.signal, timeoutMs: undefined }, options, this.#stop.signal)
  }

  /** The run of `close()`: the only one after {@link stop}. */
  runAtClose(ctx: MaintenanceContext): Promise<MaintenanceReport> {
    return this.#start(ctx, this.#resolve(ctx))
  }

  /** Aborts the run under way and waits for it; later runs are refused by their signal. */
  async stop(): Promise<void> {
    this.#stop.abort(new StoreError('CLOSED', 'maintenance was stopped by close()', { operation: 'maintenance' }))
    if (this.#current !== undefined) await settled(this.#current.report)
  }

  #resolve(ctx: MaintenanceContext): ResolvedMaintenanceOptions {
    const options = resolveMaintenanceOptions(ctx, this.#engine.capabilities)
    if (!this.#engine.capabilities.writable) {
      throw new StoreError('READONLY', 'maintenance: the store is read-only', { operation: 'maintenance' })
    }
    return options
  }

  #start(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    ...others: readonly AbortSignal[]
  ): Promise<MaintenanceReport> {
    const report = this.#tallied(options, () => this.#run(ctx, options, others)).finally(() => {
      this.#current = undefined
    })
    this.#current = { options, report }
    return report
  }

  async #tallied(
    { dryRun }: ResolvedMaintenanceOptions,
    run: () => Promise<MaintenanceReport>,
  ): Promise<MaintenanceReport> {
    if (dryRun) return run()
    const startedMs = this.#clock.monotonicMs()
    const tookMs = (): number => this.#clock.monotonicMs() - startedMs
    try {
      const report = await run()
      this.tally.ended(report, tookMs())
      return report
    } catch (error) {
      this.tally.rejected(error, tookMs())
      throw error
    }
  }

  async #run(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    others: readonly AbortSignal[],
  ): Promise<MaintenanceReport> {
    using deadline = openDeadline(ctx, this.#clock, 'maintenance', ...others)
    const { signal } = deadline
    const report = new ReportBuilder(this.#engine.name, options, this.#clock)
    try {
      assertNotAborted(signal, 'maintenance')
      const session = await this.#engine.openMaintenance(this.#runContext(ctx, options, signal, report))
      try {
        if (session.skip !== undefined) return report.skipped(session.skip)
        const plan = await session.plan()
        if (await this.#vetoed(ctx, options, plan, signal)) return report.skipped('onBegin said no')
        await this.#runTasks(ctx, options, signal, report)
        const { steps } = options.tasks.length === 0 ? plan : await session.plan()
        for (const step of steps) {
          // An abort after the last step changes nothing; before it, whatever is left did not happen.
          assertNotAborted(signal, 'maintenance')
          await this.#step(session, report, options, signal, step)
        }
        if (isGoodMaintenance(options, report)) session.remember(MAINTAINED_AT, String(this.#clock.now().getTime()))
      } finally {
        await session.close()
      }
      if (report.has('aborted')) throw abortError(signal, 'maintenance')
      const finished = report.finished()
      const { mode, outcome, durationMs } = finished
      this.#logger.debug?.('maintenance done', { backend: this.#engine.name, mode, outcome, durationMs })
      return finished
    } catch (error) {
      throw withReport(error, signal, report)
    }
  }

  async #step(
    session: MaintenanceSession,
    report: ReportBuilder,
    options: ResolvedMaintenanceOptions,
    signal: AbortSignal,
    { name, run, reason }: MaintenancePlan['steps'][number],
  ): Promise<void> {
    if (!run || options.dryRun) report.add(name, 0, { status: 'skipped', reason: run ? `dry run: ${reason}` : reason })
    else if (report.budgetLeftMs() <= 0) report.add(name, 0, { status: 'blocked', reason: 'the budget is spent' })
    else {
      const startedMs = this.#clock.monotonicMs()
      const result = await runStep(session, name, signal)
      report.add(name, this.#clock.monotonicMs() - startedMs, result)
    }
  }

  async #runTasks(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    signal: AbortSignal,
    report: ReportBuilder,
  ): Promise<void> {
    for (const task of options.tasks) {
      assertNotAborted(signal, 'maintenance')
      report.addTask(
        await this.#tasks.run(task, {
          signal,
          dryRun: options.dryRun,
          budgetLeftMs: () => report.budgetLeftMs(),
          progress: (done, total) => this.#tell(ctx, { task: task.name, done, total, unit: 'rows' }),
        }),
      )
    }
  }

  #runContext(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    signal: AbortSignal,
    report: ReportBuilder,
  ): MaintenanceRun {
    return {
      ...options,
      signal,
      budgetLeftMs: () => report.budgetLeftMs(),
      progress: (step, done, total, unit) => this.#tell(ctx, { step, done, total, unit }),
    }
  }

  #tell(ctx: MaintenanceContext, progress: MaintenanceProgress): void {
    tellProgress(ctx.onProgress, progress, this.#logger)
  }

  /** @throws ABORTED while the caller has not answered */
  async #vetoed(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    plan: MaintenancePlan,
    signal: AbortSignal,
  ): Promise<boolean> {
    const asked = Promise.resolve(ctx.onBegin?.({ ...plan, tasks: options.tasks.map((task) => task.name) }))
    return (await raceAbort(asked, signal, 'maintenance')) === false
  }
}

/** Whether who asked for `wanted` has it with a run of `given`: its steps, its tasks, and in earnest. */
function covers(given: ResolvedMaintenanceOptions, wanted: ResolvedMaintenanceOptions): boolean {
  const { steps, tasks, dryRun } = given
  return (
    dryRun === wanted.dryRun &&
    (steps === undefined || (wanted.steps?.every((step) => steps.includes(step)) ?? false)) &&
    wanted.tasks.every((task) => tasks.includes(task))
  )
}

async function settled(report: Promise<unknown>): Promise<void> {
  await report.catch(() => undefined)
}

/** Whether the database has been looked after: a few named steps, or a look, do not count. */
function isGoodMaintenance(options: ResolvedMaintenanceOptions, report: ReportBuilder): boolean {
  const { mode, steps, dryRun } = options
  return mode !== 'light' && steps === undefined && !dryRun && report.finished().outcome === 'ok'
}

/** What had been done until then goes with an abort, and with the news that the database is damaged. */
function withReport(error: unknown, signal: AbortSignal, report: ReportBuilder): unknown {
  if (!isStoreError(error)) return error
  const { code, message, nativeCode, cause } = error
  if (code === 'CORRUPT') {
    return new StoreError(code, message, { operation: 'maintenance', nativeCode, cause, report: report.failed() })
  }
  if (!signal.aborted || error.code !== abortError(signal, 'maintenance').code) return error
  return new StoreError(code, message, { operation: 'maintenance', cause, report: report.aborted() })
}

async function runStep(
  session: MaintenanceSession,
  name: MaintenanceStepName,
  signal: AbortSignal,
): Promise<MaintenanceStepResult> {
  try {
    return await session.run(name)
  } catch (error) {
    if (isStoreError(error) && error.code === 'CORRUPT') throw error
    if (signal.aborted) return { status: 'aborted', reason: abortError(signal, name).code }
    if (isStoreError(error))
      return { status: error.code === 'BUSY' ? 'blocked' : 'failed', reason: `${error.code}: ${error.message}` }
    throw error
  }
}
