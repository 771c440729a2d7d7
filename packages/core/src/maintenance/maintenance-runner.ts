/**
 * Runs maintenance, one run at a time, and tells what came of it.
 *
 *   idle ──run()──▶ running ──settles──▶ idle
 *            run() again joins; stop() aborts and waits
 *
 * What the steps are and what they do is the engine's. Here are the options, the budget, the veto, the report.
 */
import { abortError, assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine, MaintenanceRun, MaintenanceSession, MaintenanceStepResult } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type {
  MaintenanceContext,
  MaintenanceOutcome,
  MaintenancePlan,
  MaintenanceReport,
  MaintenanceStepName,
  MaintenanceStepReport,
  MaintenanceStepStatus,
} from '../contract/maintenance.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import { type ResolvedMaintenanceOptions, resolveMaintenanceOptions } from './maintenance-options.ts'

export class MaintenanceRunner {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #logger: StoreLog
  readonly #stop = new AbortController()
  #current: Promise<MaintenanceReport> | undefined

  constructor(engine: Engine, clock: Clock, logger: StoreLog) {
    this.#engine = engine
    this.#clock = clock
    this.#logger = logger
  }

  /** Starts a run or joins the one under way; a joiner's signal stops its own waiting only. */
  async run(ctx: MaintenanceContext): Promise<MaintenanceReport> {
    const options = this.#resolve(ctx)
    if (this.#current !== undefined) {
      using joined = openDeadline(ctx, this.#clock, 'maintenance')
      return await raceAbort(this.#current, joined.signal, 'maintenance')
    }
    return this.#start(ctx, options, this.#stop.signal)
  }

  /** The run of `close()`: the only one after {@link stop}. */
  runAtClose(ctx: MaintenanceContext): Promise<MaintenanceReport> {
    return this.#start(ctx, this.#resolve(ctx))
  }

  /** Aborts the run under way and waits for it; later runs are refused by their signal. */
  async stop(): Promise<void> {
    this.#stop.abort(new StoreError('CLOSED', 'maintenance was stopped by close()', { operation: 'maintenance' }))
    await this.#current?.catch(() => undefined)
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
    const running = this.#run(ctx, options, others).finally(() => {
      this.#current = undefined
    })
    this.#current = running
    return running
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
        const skip = session.skip ?? (await this.#vetoed(ctx, session, signal))
        if (skip !== undefined) return report.skipped(skip)
        for (const step of session.plan.steps) {
          // An abort after the last step changes nothing; before it, whatever is left did not happen.
          assertNotAborted(signal, 'maintenance')
          await this.#step(session, report, options, signal, step)
        }
      } finally {
        await session.close()
      }
      if (report.has('aborted')) throw abortError(signal, 'maintenance')
      return report.finished()
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
      progress: (step, done, total, unit) => {
        try {
          ctx.onProgress?.({ step, done, total, unit })
        } catch (error) {
          this.#logger.warn('onProgress threw', { error: error instanceof Error ? error.name : typeof error })
        }
      },
    }
  }

  /** @throws ABORTED while the caller has not answered */
  async #vetoed(
    ctx: MaintenanceContext,
    session: MaintenanceSession,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const asked = Promise.resolve(ctx.onBegin?.(session.plan))
    return (await raceAbort(asked, signal, 'maintenance')) === false ? 'onBegin said no' : undefined
  }
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

/** Collects the steps and draws the conclusion. */
class ReportBuilder {
  readonly #backend: string
  readonly #options: ResolvedMaintenanceOptions
  readonly #clock: Clock
  readonly #startedAt: Date
  readonly #startedMs: number
  readonly #steps: MaintenanceStepReport[] = []

  constructor(backend: string, options: ResolvedMaintenanceOptions, clock: Clock) {
    this.#backend = backend
    this.#options = options
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#startedMs = clock.monotonicMs()
  }

  has(status: MaintenanceStepStatus): boolean {
    return this.#steps.some((step) => step.status === status)
  }

  budgetLeftMs(): number {
    return this.#options.budgetMs - (this.#clock.monotonicMs() - this.#startedMs)
  }

  add(name: MaintenanceStepName, durationMs: number, result: MaintenanceStepResult): void {
    this.#steps.push(Object.freeze({ name, durationMs, ...result }))
  }

  finished(): MaintenanceReport {
    const ran = this.#steps.filter(({ status }) => status !== 'skipped')
    const bad = ran.filter(({ status }) => status !== 'done')
    if (bad.length === 0) return this.#report('ok')
    return this.#report(bad.length === ran.length ? 'failed' : 'partial')
  }

  skipped(reason: string): MaintenanceReport {
    return this.#report('skipped', reason)
  }

  failed(): MaintenanceReport {
    return this.#report('failed')
  }

  aborted(): MaintenanceReport {
    return this.#report('aborted')
  }

  #report(outcome: MaintenanceOutcome, reason?: string): MaintenanceReport {
    return Object.freeze({
      backend: this.#backend,
      startedAt: this.#startedAt,
      durationMs: this.#clock.monotonicMs() - this.#startedMs,
      outcome,
      reason,
      dryRun: this.#options.dryRun,
      mode: this.#options.mode,
      steps: Object.freeze([...this.#steps]),
    })
  }
}
