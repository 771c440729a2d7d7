/** What the runs of a service have come to. It only counts; whoever runs says when. */
import type { MaintenanceOutcome, MaintenanceReport } from '../contract/maintenance.ts'
import type { MaintenanceServiceError, MaintenanceServiceStats, ServiceTaskTotals } from '../contract/service.ts'
import type { MaintenanceStepStatus } from '../contract/step-status.ts'
import type { TaskReport } from '../contract/task.ts'

/** The part of the snapshot that is about runs. */
export type RunStats = Pick<MaintenanceServiceStats, 'runCount' | 'lastAttempt' | 'lastSuccess' | 'lastError' | 'tasks'>

interface TaskCounter {
  runCount: number
  failureCount: number
  lastStatus: MaintenanceStepStatus | undefined
  durationMs: number
  readonly sums: Map<string, number>
}

export class ServiceCounters {
  readonly #outcomes = new OutcomeCounter()
  readonly #tasks: ReadonlyMap<string, TaskCounter>
  #attemptMs: number | undefined
  #successMs: number | undefined
  #error: MaintenanceServiceError | undefined

  constructor(taskNames: readonly string[]) {
    this.#tasks = new Map(
      taskNames.map((name) => [
        name,
        { runCount: 0, failureCount: 0, lastStatus: undefined, durationMs: 0, sums: new Map() },
      ]),
    )
  }

  began(at: Date): void {
    this.#attemptMs = at.getTime()
  }

  /** Counts a run by its outcome, and the tasks of its report. A rejected one may have none. */
  ended(outcome: MaintenanceOutcome, report: MaintenanceReport | undefined): void {
    this.#outcomes.count(outcome)
    for (const task of report?.tasks ?? []) this.#countTask(task)
  }

  /** The latest counts: what a database remembers may be older than what is known here. */
  succeeded(at: Date): void {
    this.#successMs = Math.max(this.#successMs ?? Number.NEGATIVE_INFINITY, at.getTime())
  }

  failed(error: MaintenanceServiceError): void {
    this.#error = error
  }

  snapshot(): RunStats {
    return {
      runCount: this.#outcomes.snapshot(),
      lastAttempt: dateOf(this.#attemptMs),
      lastSuccess: dateOf(this.#successMs),
      lastError: snapshotError(this.#error),
      tasks: Object.freeze(Object.fromEntries([...this.#tasks].map(([name, task]) => [name, snapshotTask(task)]))),
    }
  }

  #countTask({ name, status, durationMs, counters = {} }: TaskReport): void {
    const task = this.#tasks.get(name)
    // The report of a run that somebody else began may have tasks of theirs.
    if (task === undefined) return
    task.runCount++
    if (status === 'failed') task.failureCount++
    task.lastStatus = status
    task.durationMs += durationMs
    for (const [key, value] of Object.entries(counters)) {
      if (typeof value === 'number') task.sums.set(key, (task.sums.get(key) ?? 0) + value)
    }
  }
}

/** Counts runs by what came of them. */
export class OutcomeCounter {
  readonly #counts: Record<MaintenanceOutcome, number> = {
    ok: 0,
    partial: 0,
    blocked: 0,
    skipped: 0,
    failed: 0,
    aborted: 0,
  }

  count(outcome: MaintenanceOutcome): void {
    this.#counts[outcome]++
  }

  snapshot(): Readonly<Record<MaintenanceOutcome, number>> {
    return Object.freeze({ ...this.#counts })
  }
}

/** A date can be changed by whoever has it, so each snapshot has its own. */
export function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms)
}

/** The same for the date in an error. */
export function snapshotError(error: MaintenanceServiceError | undefined): MaintenanceServiceError | undefined {
  return error && Object.freeze({ ...error, at: new Date(error.at) })
}

function snapshotTask({ sums, ...task }: TaskCounter): ServiceTaskTotals {
  return Object.freeze({ ...task, counters: Object.freeze(Object.fromEntries(sums)) })
}
