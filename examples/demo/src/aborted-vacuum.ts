/**
 * Starts a full VACUUM and aborts it half way.
 *
 * Half way is 50 % by the store's own progress. Where it tells none, or is done between two reports, the VACUUM is run
 * once more and aborted after half of the time that the first one took. It judges nothing.
 */
import { isStoreError, type MaintenanceProgress, type MaintenanceReport, type Store } from '@upkeep/core'

const MAX_ATTEMPTS = 3

/** How the abort went. */
export interface AbortedVacuum {
  /** From the start of the run to the abort. */
  readonly ranMs: number
  /** Share of the work done by then, if the store told. */
  readonly shareDone: number | undefined
  /** From the abort until `maintenance()` had settled: the engine is idle. */
  readonly stopMs: number
  /** `performance.now()` of the abort. */
  readonly abortedAt: number
  /** What the rejection carried. */
  readonly report: MaintenanceReport | undefined
}

/** What it works on. */
export interface VacuumContext<DB> {
  readonly store: Store<DB>
  readonly signal: AbortSignal
  readonly onProgress: (progress: MaintenanceProgress) => void
}

/** See the module. @throws Error if it could not be aborted in time, and whatever else the store throws. */
export async function abortVacuumHalfWay<DB>(context: VacuumContext<DB>): Promise<AbortedVacuum> {
  let abortAfterMs: number | undefined
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const outcome = await runOnce(context, abortAfterMs)
    if ('stopMs' in outcome) return outcome
    abortAfterMs = halfOfVacuumMs(outcome)
  }
  throw new Error(`The VACUUM was over before half of its time, ${MAX_ATTEMPTS} times`)
}

/** From the start of such a run to the middle of its VACUUM. */
function halfOfVacuumMs(report: MaintenanceReport): number {
  const index = report.steps.findIndex((step) => step.name === 'vacuum')
  const vacuum = report.steps[index]
  if (vacuum?.status !== 'done') {
    throw new Error(`The VACUUM did not run: ${vacuum?.status ?? report.outcome}, ${vacuum?.reason ?? report.reason}`)
  }
  return report.steps.slice(0, index).reduce((sumMs, step) => sumMs + step.durationMs, vacuum.durationMs / 2)
}

async function runOnce<DB>(
  { store, signal, onProgress }: VacuumContext<DB>,
  abortAfterMs: number | undefined,
): Promise<AbortedVacuum | MaintenanceReport> {
  const halfWay = new AbortController()
  const startedAt = performance.now()
  let abortedAt = 0
  let shareDone: number | undefined
  const abort = (): void => {
    abortedAt = performance.now()
    halfWay.abort(new Error('half way'))
  }
  const timer = abortAfterMs === undefined ? undefined : setTimeout(abort, abortAfterMs)
  try {
    return await store.maintenance({
      mode: 'full',
      maxWriteWaitMs: false,
      signal: AbortSignal.any([signal, halfWay.signal]),
      onProgress: (progress) => {
        onProgress(progress)
        const { step, done, total } = progress
        if (step !== 'vacuum' || total === undefined || total === 0 || halfWay.signal.aborted) return
        shareDone = done / total
        if (shareDone >= 0.5) abort()
      },
    })
  } catch (error) {
    if (!halfWay.signal.aborted || !isStoreError(error) || error.code !== 'ABORTED') throw error
    const ranMs = abortedAt - startedAt
    return { ranMs, shareDone, stopMs: performance.now() - abortedAt, abortedAt, report: error.report }
  } finally {
    clearTimeout(timer)
  }
}
