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
import { createIntervalSchedule, MAX_TIMER_MS } from './schedule.ts'
import { dateOf, OutcomeCounter, snapshotError } from './service-counters.ts'
import type { ResolvedCheckpointLoop, ResolvedServiceOptions } from './service-options.ts'

/** A reader that keeps the log may stay for hours: the wait doubles up to this many times the interval. */
const MAX_WAIT_FACTOR = 16

export class CheckpointLoop {
  readonly #options: ResolvedServiceOptions
  readonly #loop: ResolvedCheckpointLoop
  readonly #isBusy: () => boolean
  readonly #timer: BackgroundTimer
  #waitFactor = 1
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
    this.#options = options
    this.#loop = loop
    this.#isBusy = isBusy
    this.#timer = new BackgroundTimer(options.clock, MAX_TIMER_MS)
  }

  start(): void {
    this.#abort = new AbortController()
    this.#waitFactor = 1
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
    const intervalMs = this.#loop.intervalMs * this.#waitFactor
    const { clock } = this.#options
    const schedule = createIntervalSchedule({ initialDelayMs: intervalMs, intervalMs, jitter: 0 }, clock, () => 0)
    this.#timer.set(schedule.next(false), () => {
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
      if (walSizeBytes <= this.#loop.walSizeBytes) {
        this.#waitFactor = 1
        return
      }
      const report = await store.maintenance({ steps: ['checkpoint'], signal })
      if (report.outcome === 'ok') this.#successMs = clock.now().getTime()
      this.#conclude(report.outcome, failureOfReport(report, clock.now()))
    } catch (error) {
      this.#conclude(outcomeOfRejection(error), failureOfRejection(error, 'checkpoint', clock.now()))
    }
  }

  #conclude(outcome: MaintenanceOutcome, failure: MaintenanceServiceError | undefined): void {
    this.#outcomes.count(outcome)
    this.#waitFactor = outcome === 'ok' ? 1 : Math.min(2 * this.#waitFactor, MAX_WAIT_FACTOR)
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
