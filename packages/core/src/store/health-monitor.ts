/**
 * Answers `health()`: by the last report while that is good, else by a look.
 *
 *   idle ──ask()──▶ looking ──the look ends──▶ idle
 *                      │ its deadline
 *                      ▼
 *                    stuck ──the look ends at last──▶ idle
 *
 * One look at a time, however many ask. A look has a deadline of its own; who asks can only end his own waiting. An
 * engine that does not stop when the deadline says so is left behind. As long as it hangs, every answer is `reachable:
 * fail` with what the store has counted meanwhile, and no second look begins: a database that hangs must not be given
 * ever more to hang on. What is looked at is in health-look.ts.
 */
import { abortError, assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { HealthContext, HealthFinding, HealthReport } from '../contract/health.ts'
import type { StoreAttachment } from '../contract/store.ts'
import { StoreError } from '../errors/store-error.ts'
import { assertOneOf } from '../open/check-options.ts'
import type { ResolvedHealthOptions } from '../open/health-options.ts'
import { askDatabase, codeOf, countedFindings, type HealthSubject, unreachable } from './health-look.ts'
import { createHealthReport } from './health-report.ts'

/** What a monitor works on. */
export interface MonitoredStore extends HealthSubject {
  /** `close()` ends a look under way; the answer undoes it. */
  attach(attachment: StoreAttachment): () => void
}

export class HealthMonitor {
  readonly #store: MonitoredStore
  readonly #options: ResolvedHealthOptions
  #kept: { readonly report: HealthReport; readonly sinceMs: number } | undefined
  /** What those who ask wait for: over at the deadline. */
  #looking: Promise<HealthReport> | undefined
  /** Whether the engine is still at work on a look, its deadline past or not. */
  #isEngineBusy = false

  constructor(store: MonitoredStore, options: ResolvedHealthOptions) {
    this.#store = store
    this.#options = options
  }

  /** @throws ABORTED, TIMEOUT; CLOSED when the store closes meanwhile; INVALID_ARGUMENT */
  async ask(ctx: HealthContext): Promise<HealthReport> {
    const { fresh = false, signal } = ctx
    assertOneOf(fresh, 'fresh', [true, false])
    assertNotAborted(signal, 'health')
    const kept = fresh ? undefined : this.#keptReport()
    if (kept !== undefined) return kept
    if (this.#looking === undefined && this.#isEngineBusy) return this.#reportStuck()
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    using own = openDeadline(ctx, this.#store.clock, 'health')
    return await raceAbort(this.#looking, own.signal, 'health')
  }

  #keptReport(): HealthReport | undefined {
    const { cacheMs } = this.#options
    const kept = this.#kept
    if (kept === undefined || cacheMs === false) return undefined
    return this.#store.clock.monotonicMs() - kept.sinceMs < cacheMs ? kept.report : undefined
  }

  async #look(): Promise<HealthReport> {
    const { clock } = this.#store
    const closing = new AbortController()
    using deadline = openDeadline({ timeoutMs: this.#options.timeoutMs }, clock, 'health', closing.signal)
    const checkedAt = clock.now()
    const startedMs = clock.monotonicMs()
    const asking = this.#ask(deadline.signal, closing)
    let answered: readonly HealthFinding[]
    try {
      answered = await raceAbort(asking, deadline.signal, 'health')
    } catch (error) {
      if (closing.signal.aborted) throw abortError(closing.signal, 'health')
      answered = [unreachable(codeOf(error), this.#options)]
    }
    return this.#keep(checkedAt, startedMs, answered)
  }

  /** Asks the engine, which `close()` waits for as long as it waits for anything. */
  #ask(signal: AbortSignal, closing: AbortController): Promise<readonly HealthFinding[]> {
    this.#isEngineBusy = true
    // In a turn of its own: an application's SQL function may ask, and its statement has the connection.
    const asking = Promise.resolve().then(() => askDatabase(this.#store, this.#options, signal))
    const ended = asking.then(
      () => undefined,
      () => undefined,
    )
    const detach = this.#store.attach({
      stop: () => {
        closing.abort(new StoreError('CLOSED', 'health: the store is closing', { operation: 'health' }))
        return ended
      },
    })
    void ended.then(() => {
      this.#isEngineBusy = false
      detach()
    })
    return asking
  }

  #reportStuck(): HealthReport {
    const { clock } = this.#store
    return this.#keep(clock.now(), clock.monotonicMs(), [unreachable('TIMEOUT', this.#options)])
  }

  #keep(checkedAt: Date, startedMs: number, answered: readonly HealthFinding[]): HealthReport {
    const counted = countedFindings(this.#store, this.#options.limits)
    const sinceMs = this.#store.clock.monotonicMs()
    const report = createHealthReport(checkedAt, sinceMs - startedMs, [...answered, ...counted])
    this.#kept = { report, sinceMs }
    return report
  }
}
