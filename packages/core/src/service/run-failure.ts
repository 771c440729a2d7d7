/** What went wrong in a run, as plain data: of errors that are not the store's their names, never their messages. */
import type { MaintenanceOutcome, MaintenanceReport } from '../contract/maintenance.ts'
import type { MaintenanceServiceError } from '../contract/service.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError, type StoreError } from '../errors/store-error.ts'

/** The codes of a run that somebody ended: nothing is wrong. */
const ENDED: readonly string[] = ['ABORTED', 'CLOSED']
/** And those of one that was cut short, whoever did it. */
const CUT_SHORT: readonly string[] = [...ENDED, 'TIMEOUT']

/** What a run that rejected counts as. */
export function outcomeOfRejection(error: unknown): MaintenanceOutcome {
  return isStoreError(error) && CUT_SHORT.includes(error.code) ? 'aborted' : 'failed'
}

/** What a run failed with; `undefined` for one that somebody ended. */
export function failureOfRejection(error: unknown, source: string, at: Date): MaintenanceServiceError | undefined {
  if (isStoreError(error)) return ENDED.includes(error.code) ? undefined : ofStoreError(error, source, at)
  return { at, source, code: 'UNKNOWN', reason: errorLabel(error) }
}

/** The first task or step that failed; `undefined` if none has. What was blocked has not. */
export function failureOfReport(report: MaintenanceReport, at: Date): MaintenanceServiceError | undefined {
  const task = report.tasks.find(({ status }) => status === 'failed')
  if (task !== undefined) {
    const source = `task ${task.name}`
    if (isStoreError(task.error)) return ofStoreError(task.error, source, at)
    return { at, source, code: 'UNKNOWN', reason: task.reason ?? errorLabel(task.error) }
  }
  const step = report.steps.find(({ status }) => status === 'failed')
  return step && { at, source: `step ${step.name}`, reason: step.reason ?? 'it failed' }
}

function ofStoreError({ code, message }: StoreError, source: string, at: Date): MaintenanceServiceError {
  return { at, source, code, reason: message }
}
