/**
 * The runs of a service, one at a time, counted and told.
 *
 *   nothing ──run()──▶ under way ──settles──▶ nothing
 *              run() again joins; abort() ends it
 *
 * When they are due is not known here. What one does, and who else may be at it, is the store's: a run may have to wait
 * there for one of the application's, or for a checkpoint.
 */
import { raceAbort } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import { joinSignals } from '../abort/join-signals.ts'
import type { Context } from '../contract/context.ts'
import type { MaintenanceReport } from '../contract/maintenance.ts'
import type { MaintenanceServiceRun } from '../contract/service.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError, type StoreError } from '../errors/store-error.ts'
import { failureOfRejection, failureOfReport, outcomeOfRejection } from './run-failure.ts'
import { type RunStats, ServiceCounters } from './service-counters.ts'
import type { ResolvedServiceOptions } from './service-options.ts'

export class ServiceRuns {
  readonly #options: ResolvedServiceOptions
  readonly #counters: ServiceCounters
  #abort = new AbortController()
  #flight: Promise<MaintenanceReport> | undefined

  constructor(options: ResolvedServiceOptions) {
    this.#options = options
    this.#counters = new ServiceCounters(options.tasks.map(({ name }) => name))
  }

  get isInFlight(): boolean {
    return this.#flight !== undefined
  }

  /** Starts a run or joins the one under way; a joiner's context ends its own waiting only. */
  async run(trigger: MaintenanceServiceRun['trigger'], ctx: Context): Promise<MaintenanceReport> {
    if (this.#flight === undefined) return this.#start(trigger, ctx)
    using joined = openDeadline(ctx, this.#options.clock, 'runNow')
    return await raceAbort(this.#flight, joined.signal, 'runNow')
  }

  /** Aborts the run under way with `reason`, and resolves once it has ended. Later runs are not concerned. */
  async abort(reason: StoreError): Promise<void> {
    this.#abort.abort(reason)
    this.#abort = new AbortController()
    await this.#flight?.catch(() => undefined)
  }

  /** Asks the database when it was last looked after, by anybody. A database that does not answer is no news. */
  async recall(): Promise<void> {
    try {
      const at = await this.#options.store.lastMaintenance()
      if (at !== undefined) this.#counters.succeeded(at)
    } catch (error) {
      if (isStoreError(error) && error.code === 'CLOSED') return
      this.#options.logger.warn('the last maintenance could not be read', { code: errorLabel(error) })
    }
  }

  stats(): RunStats {
    return this.#counters.snapshot()
  }

  #start(trigger: MaintenanceServiceRun['trigger'], ctx: Context): Promise<MaintenanceReport> {
    const flight = this.#attempt(trigger, ctx).finally(() => {
      this.#flight = undefined
    })
    this.#flight = flight
    return flight
  }

  async #attempt(trigger: MaintenanceServiceRun['trigger'], ctx: Context): Promise<MaintenanceReport> {
    const { clock } = this.#options
    this.#counters.began(clock.now())
    try {
      const report = await this.#maintain(ctx)
      this.#counters.ended(report.outcome, report)
      this.#conclude(report)
      // Somebody else was at it, or has been.
      if (report.outcome === 'skipped') await this.recall()
      this.#tell({ trigger, outcome: report.outcome, report })
      return report
    } catch (error) {
      const outcome = outcomeOfRejection(error)
      const report = isStoreError(error) ? error.report : undefined
      this.#counters.ended(outcome, report)
      const failure = failureOfRejection(error, 'run', clock.now())
      if (failure !== undefined) {
        this.#counters.failed(failure)
        this.#options.logger.warn('a maintenance run failed', { code: failure.code })
      }
      this.#tell({ trigger, outcome, report, error })
      throw error
    }
  }

  async #maintain(ctx: Context): Promise<MaintenanceReport> {
    const { store, tasks, maintenance, timeoutMs = Number.POSITIVE_INFINITY } = this.#options
    const limitMs = Math.min(timeoutMs, ctx.timeoutMs ?? Number.POSITIVE_INFINITY)
    const { signal } = this.#abort
    using joined = joinSignals(ctx.signal === undefined ? [signal] : [ctx.signal, signal])
    return await store.maintenance({
      ...maintenance,
      tasks,
      signal: joined.signal,
      timeoutMs: Number.isFinite(limitMs) ? limitMs : undefined,
    })
  }

  /** A run in which a task failed is no success, however many others did well. */
  #conclude(report: MaintenanceReport): void {
    const { clock, logger } = this.#options
    const { outcome, dryRun } = report
    if (outcome === 'ok' && !dryRun) this.#counters.succeeded(clock.now())
    const failure = failureOfReport(report, clock.now())
    if (failure === undefined) return
    this.#counters.failed(failure)
    logger.warn('a part of maintenance failed', { source: failure.source, code: failure.code, outcome })
  }

  #tell(run: MaintenanceServiceRun): void {
    const { onRun, logger } = this.#options
    if (onRun === undefined) return
    const told = async (): Promise<unknown> => onRun(Object.freeze(run))
    told().catch((error: unknown) => logger.warn('onRun threw', { error: errorLabel(error) }))
  }
}
