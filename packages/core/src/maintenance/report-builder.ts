/** Collects what came of the tasks and steps of one run, and draws the conclusion. */
import type { MaintenanceStepResult } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { MaintenanceOutcome, MaintenanceReport, MaintenanceStepReport } from '../contract/maintenance.ts'
import type { MaintenanceStepName } from '../contract/maintenance-steps.ts'
import type { MaintenanceStepStatus } from '../contract/step-status.ts'
import type { TaskReport } from '../contract/task.ts'
import { freezeReport } from '../values/freeze-report.ts'
import type { ResolvedMaintenanceOptions } from './maintenance-options.ts'

export class ReportBuilder {
  readonly #backend: string
  readonly #options: ResolvedMaintenanceOptions
  readonly #clock: Clock
  readonly #startedAt: Date
  readonly #startedMs: number
  readonly #tasks: TaskReport[] = []
  readonly #steps: MaintenanceStepReport[] = []

  constructor(backend: string, options: ResolvedMaintenanceOptions, clock: Clock) {
    this.#backend = backend
    this.#options = options
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#startedMs = clock.monotonicMs()
  }

  has(status: MaintenanceStepStatus): boolean {
    return this.#all.some((one) => one.status === status)
  }

  budgetLeftMs(): number {
    return Math.max(0, this.#options.budgetMs - (this.#clock.monotonicMs() - this.#startedMs))
  }

  add(name: MaintenanceStepName, durationMs: number, result: MaintenanceStepResult): void {
    this.#steps.push(Object.freeze({ name, durationMs, ...result }))
  }

  addTask(report: TaskReport): void {
    this.#tasks.push(Object.freeze(report))
  }

  finished(): MaintenanceReport {
    const ran = this.#all.filter(({ status }) => status !== 'skipped')
    const bad = ran.filter(({ status }) => status !== 'done')
    if (bad.length === 0) return this.#report('ok')
    if (bad.length < ran.length) return this.#report('partial')
    return this.#report(this.has('failed') || this.has('aborted') ? 'failed' : 'blocked')
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

  get #all(): readonly { readonly status: MaintenanceStepStatus }[] {
    return [...this.#tasks, ...this.#steps]
  }

  #report(outcome: MaintenanceOutcome, reason?: string): MaintenanceReport {
    return freezeReport({
      backend: this.#backend,
      startedAt: this.#startedAt,
      durationMs: this.#clock.monotonicMs() - this.#startedMs,
      outcome,
      reason,
      dryRun: this.#options.dryRun,
      mode: this.#options.mode,
      tasks: Object.freeze([...this.#tasks]),
      steps: Object.freeze([...this.#steps]),
    })
  }
}
