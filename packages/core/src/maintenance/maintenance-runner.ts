/**
 * Runs maintenance, one run at a time.
 *
 *   idle ──run()──▶ running ──settles──▶ idle
 *            run() again joins, or waits and runs after it; stop() aborts and waits
 *
 * Here are who runs, who joins and who waits, and what the runs come to; what a run does is in maintenance-attempt.ts.
 */
import { assertNotAborted, onceAborted, raceAbort } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { MaintenanceContext, MaintenanceReport } from '../contract/maintenance.ts'
import type { TaskStore } from '../contract/task.ts'
import { StoreError } from '../errors/store-error.ts'
import { attemptMaintenance } from './maintenance-attempt.ts'
import { type ResolvedMaintenanceOptions, resolveMaintenanceOptions } from './maintenance-options.ts'
import { MaintenanceTally } from './maintenance-tally.ts'
import { TaskRunner } from './task-runner.ts'

export class MaintenanceRunner {
  /** What the runs have come to. */
  readonly tally: MaintenanceTally = new MaintenanceTally()
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #logger: StoreLog
  readonly #stop = new AbortController()
  readonly #hurry = new AbortController()
  readonly #tasks: TaskRunner
  #current: { readonly options: ResolvedMaintenanceOptions; readonly report: Promise<MaintenanceReport> } | undefined

  constructor(engine: Engine, clock: Clock, logger: StoreLog, store: TaskStore<any>) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
    this.#tasks = new TaskRunner(store, engine.asyncContext, clock, logger, this.#hurry.signal)
  }

  /** Tasks that ignore their signal and are still at work. */
  get leftBehindCount(): number {
    return this.#tasks.leftBehindCount
  }

  get isRunning(): boolean {
    return this.#current !== undefined
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

  /**
   * Aborts the run under way and waits for it; later runs are refused by their signal. Once `hurry` aborts, a task that
   * ignores its signal is soon left behind.
   */
  async stop(hurry: AbortSignal): Promise<void> {
    this.#stop.abort(new StoreError('CLOSED', 'maintenance was stopped by close()', { operation: 'maintenance' }))
    const leave = onceAborted(hurry, () => this.#hurry.abort())
    if (this.#current !== undefined) await settled(this.#current.report)
    leave()
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
    const report = this.#tallied(options, () => this.#attempt(ctx, options, others)).finally(() => {
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

  async #attempt(
    ctx: MaintenanceContext,
    options: ResolvedMaintenanceOptions,
    others: readonly AbortSignal[],
  ): Promise<MaintenanceReport> {
    using deadline = openDeadline(ctx, this.#clock, 'maintenance', ...others)
    const parts = { engine: this.#engine, clock: this.#clock, logger: this.#logger, tasks: this.#tasks }
    return await attemptMaintenance(parts, ctx, options, deadline.signal)
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
