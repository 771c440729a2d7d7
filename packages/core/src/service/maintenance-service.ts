/**
 * Maintenance of a store by a schedule.
 *
 *            start()                    stop(), store.close()             what was under way has ended
 *   idle ───────────────▶ running ─────────────────────────────▶ stopping ─────────────────────────────▶ stopped
 *    │                       ▲                                    ▲                                         │
 *    └── stop() ─────────────┼────────────────────────────────────┘                                         │
 *                            └──────────── start(); during stopping once that is over ──────────────────────┘
 *
 *   disabled   for good: switched off, or the store is read-only
 *
 * `runNow()` works in all of them but stopping. Here are the states and the schedule; what a run is stands in
 * service-runs.ts.
 */
import { raceAbort } from '../abort/abort-error.ts'
import { assertContext, openDeadline } from '../abort/deadline.ts'
import type { Context } from '../contract/context.ts'
import type { MaintenanceReport } from '../contract/maintenance.ts'
import type { MaintenanceService, MaintenanceServiceState, MaintenanceServiceStats } from '../contract/service.ts'
import { StoreError } from '../errors/store-error.ts'
import { insidesOf } from '../store/store-insides.ts'
import { BackgroundTimer } from './background-timer.ts'
import { CheckpointLoop } from './checkpoint-loop.ts'
import {
  type MaintenanceServiceOptions,
  type ResolvedServiceOptions,
  resolveServiceOptions,
} from './service-options.ts'
import { ServiceRuns } from './service-runs.ts'

class StoreMaintenanceService implements MaintenanceService {
  readonly #options: ResolvedServiceOptions
  readonly #runs: ServiceRuns
  readonly #timer: BackgroundTimer
  readonly #checkpoints: CheckpointLoop | undefined
  #state: MaintenanceServiceState
  #detach = (): void => undefined
  /** Reading what the database remembers; a stop waits for it. */
  #recalling: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #startsAgain = false

  constructor(options: ResolvedServiceOptions) {
    const { clock, schedule, checkpoint, disabledReason } = options
    this.#options = options
    this.#runs = new ServiceRuns(options)
    this.#timer = new BackgroundTimer(clock, schedule.maxWaitMs)
    this.#checkpoints = checkpoint && new CheckpointLoop(options, checkpoint, () => this.#runs.isInFlight)
    this.#state = disabledReason === undefined ? 'idle' : 'disabled'
  }

  start(): void {
    const { store, logger, disabledReason } = this.#options
    if (disabledReason !== undefined) {
      logger.warn('the maintenance service is disabled', { reason: disabledReason, store: store.name })
      return
    }
    if (this.#state === 'running') return
    this.#assertOpen('start')
    if (this.#state === 'stopping') this.#startsAgain = true
    else this.#begin()
  }

  async stop(ctx: Context = {}): Promise<void> {
    assertContext(ctx, 'stop')
    const stopping = this.#stop()
    // It stops all the same: only the waiting would be for itself.
    insidesOf(this.#options.store)?.assertNotNested('stop')
    using deadline = openDeadline(ctx, this.#options.clock, 'stop')
    await raceAbort(stopping, deadline.signal, 'stop')
  }

  async runNow(ctx: Context = {}): Promise<MaintenanceReport> {
    assertContext(ctx, 'runNow')
    const { store, disabledReason } = this.#options
    this.#assertOpen('runNow')
    if (disabledReason !== undefined) return this.#skipped(disabledReason)
    insidesOf(store)?.assertNotNested('runNow')
    if (this.#state === 'stopping') throw stoppedError('runNow')
    return this.#runs.run('runNow', ctx)
  }

  stats(): MaintenanceServiceStats {
    const { disabledReason } = this.#options
    return Object.freeze({
      state: this.#state,
      disabledReason,
      isRunInFlight: this.#runs.isInFlight,
      ...this.#runs.stats(),
      nextRunAt: this.#timer.due?.at(),
      checkpoint: disabledReason === undefined ? this.#checkpoints?.stats() : undefined,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** @throws CLOSED */
  #begin(): void {
    this.#detach = this.#options.store.attach({ stop: () => this.#stop() })
    this.#state = 'running'
    this.#recalling = this.#runs.recall()
    this.#schedule(true)
    this.#checkpoints?.start()
  }

  #schedule(isFirst: boolean): void {
    this.#timer.set(this.#options.schedule.next(isFirst), () => void this.#scheduledRun())
  }

  /** Never rejects: what a run fails with is counted and logged where it runs. */
  async #scheduledRun(): Promise<void> {
    await this.#runs.run('schedule', {}).catch(() => undefined)
    // Stopped meanwhile; or even started again, and then there is a schedule.
    if (this.#state === 'running' && this.#timer.due === undefined) this.#schedule(false)
  }

  #stop(): Promise<void> {
    if (this.#state === 'disabled') return Promise.resolve()
    this.#startsAgain = false
    this.#stopping ??= this.#wind()
    return this.#stopping
  }

  async #wind(): Promise<void> {
    const { store, logger } = this.#options
    const reason = store.status === 'open' ? stoppedError('maintenance') : closedError('maintenance')
    this.#state = 'stopping'
    this.#timer.cancel()
    await Promise.all([this.#runs.abort(reason), this.#checkpoints?.stop(reason), this.#recalling])
    this.#detach()
    this.#stopping = undefined
    this.#state = 'stopped'
    if (!this.#startsAgain) return
    if (store.status === 'open') this.#begin()
    else logger.warn('the maintenance service does not start again: the store was closed', { store: store.name })
  }

  #skipped(reason: string): MaintenanceReport {
    const { store, clock, maintenance } = this.#options
    return Object.freeze({
      backend: store.name,
      startedAt: clock.now(),
      durationMs: 0,
      outcome: 'skipped',
      reason: `the maintenance service is disabled: ${reason}`,
      dryRun: maintenance.dryRun ?? false,
      mode: maintenance.mode ?? 'auto',
      tasks: Object.freeze([]),
      steps: Object.freeze([]),
    })
  }

  #assertOpen(operation: string): void {
    if (this.#options.store.status !== 'open') throw closedError(operation)
  }
}

function stoppedError(operation: string): StoreError {
  return new StoreError('ABORTED', `${operation}: the maintenance service was stopped`, { operation })
}

function closedError(operation: string): StoreError {
  return new StoreError('CLOSED', `${operation}: the store is closed or closing`, { operation })
}

/**
 * Makes a service that maintains `store` by a schedule, once `start()` was called.
 *
 * With the schema given, `createMaintenanceService<Schema>({ store, tasks: [deleteOlderThan({ … })] })`, the tasks in it
 * know its tables, the types of ids and the columns of conditions. Without it the compiler reads them before it knows
 * the schema: names are checked all the same, but ids are `unknown` and conditions cannot name a column.
 *
 * @throws INVALID_ARGUMENT; UNSUPPORTED for a step, or a checkpoint loop, that the store's backend has not
 */
export function createMaintenanceService<DB>(options: MaintenanceServiceOptions<DB>): MaintenanceService {
  return new StoreMaintenanceService(resolveServiceOptions(options))
}
