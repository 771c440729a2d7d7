/**
 * Looks at the size of the write-ahead log again and again, and has it cut short when it is too large.
 *
 *   idle ──start()──▶ waiting ──due──▶ looking ──▶ waiting
 *    ▲                   └──── stop() ────┘
 *    └───────────────────────────┘  a checkpoint under way is aborted and waited for
 *
 * It is for what SQLite's own checkpoints leave: they copy, but never make the file smaller, and give up behind a reader.
 * While a run of the service is under way it does nothing: that checkpoints too.
 */
import type { MaintenanceOutcome } from '../contract/maintenance.ts'
import type { CheckpointLoopStats, MaintenanceServiceError } from '../contract/service.ts'
import type { StoreError } from '../errors/store-error.ts'
import { BackgroundTimer } from './background-timer.ts'
import { failureOfRejection, failureOfReport, outcomeOfRejection } from './run-failure.ts'
import { createIntervalSchedule, type Schedule } from './schedule.ts'
import { dateOf, OutcomeCounter, snapshotError } from './service-counters.ts'
import type { ResolvedCheckpointLoop, ResolvedServiceOptions } from './service-options.ts'

export class CheckpointLoop {
  readonly #options: ResolvedServiceOptions
  readonly #walSizeBytes: number
  readonly #isBusy: () => boolean
  readonly #schedule: Schedule
  readonly #timer: BackgroundTimer
  readonly #outcomes = new OutcomeCounter()
  #abort: AbortController | undefined
  #flight: Promise<void> | undefined
  #lookCount = 0
  #successMs: number | undefined
  #error: MaintenanceServiceError | undefined
  /** A log that cannot be cut is told once, and not every few seconds. */
  #toldCode: string | undefined

  /** `isBusy` says whether a run of the service is under way. */
  constructor(options: ResolvedServiceOptions, loop: ResolvedCheckpointLoop, isBusy: () => boolean) {
    const { clock } = options
    const { intervalMs, walSizeBytes } = loop
    this.#options = options
    this.#walSizeBytes = walSizeBytes
    this.#isBusy = isBusy
    this.#schedule = createIntervalSchedule({ initialDelayMs: intervalMs, intervalMs, jitter: 0 }, clock, () => 0)
    this.#timer = new BackgroundTimer(clock, this.#schedule.maxWaitMs)
  }

  start(): void {
    this.#abort = new AbortController()
    this.#wait(this.#abort.signal)
  }

  async stop(reason: StoreError): Promise<void> {
    this.#timer.cancel()
    this.#abort?.abort(reason)
    await this.#flight
  }

  stats(): CheckpointLoopStats {
    return Object.freeze({
      lookCount: this.#lookCount,
      runCount: this.#outcomes.snapshot(),
      lastSuccess: dateOf(this.#successMs),
      lastError: snapshotError(this.#error),
    })
  }

  #wait(signal: AbortSignal): void {
    this.#timer.set(this.#schedule.next(false), () => {
      this.#flight = this.#look(signal).finally(() => {
        this.#flight = undefined
        if (!signal.aborted) this.#wait(signal)
      })
    })
  }

  /** Never rejects. */
  async #look(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options
    if (this.#isBusy()) return
    this.#lookCount++
    try {
      const { walSizeBytes = 0 } = store.stats().engine
      if (walSizeBytes <= this.#walSizeBytes) return
      const report = await store.maintenance({ steps: ['checkpoint'], signal })
      if (report.outcome === 'ok') this.#successMs = clock.now().getTime()
      this.#conclude(report.outcome, failureOfReport(report, clock.now()))
    } catch (error) {
      this.#conclude(outcomeOfRejection(error), failureOfRejection(error, 'checkpoint', clock.now()))
    }
  }

  #conclude(outcome: MaintenanceOutcome, failure: MaintenanceServiceError | undefined): void {
    this.#outcomes.count(outcome)
    if (failure === undefined) {
      if (outcome === 'ok') this.#toldCode = undefined
      return
    }
    this.#error = failure
    const code = failure.code ?? 'UNKNOWN'
    if (code !== this.#toldCode) this.#options.logger.warn('a checkpoint failed', { code })
    this.#toldCode = code
  }
}
