/** Adds up what the maintenance runs of a store have come to. A dry run has come to nothing and is not in it. */
import type { MaintenanceOutcome, MaintenanceReport } from '../contract/maintenance.ts'
import type { MaintenanceTotals } from '../contract/stats.ts'
import type { MaintenanceMeasures } from '../contract/step-status.ts'
import { isStoreError } from '../errors/store-error.ts'

export class MaintenanceTally {
  readonly #runs = new Map<MaintenanceOutcome, number>()
  #joinCount = 0
  #durationMs = 0
  #reclaimedBytes = 0
  #deletedRowCount = 0

  /** Somebody waits for a run that was under way. */
  joined(): void {
    this.#joinCount++
  }

  /** A run has ended with `report`. */
  ended(report: MaintenanceReport, durationMs: number): void {
    this.#count(report.outcome, durationMs)
    for (const step of report.steps) this.#reclaimedBytes += shrunkBytes(step.before, step.after)
    for (const { counters } of report.tasks) this.#deletedRowCount += numberIn(counters, 'deletedRowCount') ?? 0
  }

  /** A run has rejected; what it had done until then is in the report of the error. */
  rejected(error: unknown, durationMs: number): void {
    if (isStoreError(error) && error.report !== undefined) this.ended(error.report, durationMs)
    else this.#count('failed', durationMs)
  }

  snapshot(): MaintenanceTotals {
    return Object.freeze({
      runCount: Object.freeze(Object.fromEntries(this.#runs)),
      joinCount: this.#joinCount,
      durationMs: this.#durationMs,
      reclaimedBytes: this.#reclaimedBytes,
      deletedRowCount: this.#deletedRowCount,
    })
  }

  reset(): void {
    this.#runs.clear()
    this.#joinCount = 0
    this.#durationMs = 0
    this.#reclaimedBytes = 0
    this.#deletedRowCount = 0
  }

  #count(outcome: MaintenanceOutcome, durationMs: number): void {
    this.#runs.set(outcome, (this.#runs.get(outcome) ?? 0) + 1)
    this.#durationMs += durationMs
  }
}

/** A checkpoint may let the file grow: what the log held is in it then. That gives nothing back, and takes nothing. */
function shrunkBytes(before: MaintenanceMeasures | undefined, after: MaintenanceMeasures | undefined): number {
  const from = numberIn(before, 'fileSizeBytes')
  const to = numberIn(after, 'fileSizeBytes')
  return from === undefined || to === undefined ? 0 : Math.max(0, from - to)
}

function numberIn(measures: MaintenanceMeasures | undefined, name: string): number | undefined {
  const value = measures?.[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
