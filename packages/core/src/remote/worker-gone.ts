/** What it means that the other side went before it had answered a call. */
import { StoreError } from '../errors/store-error.ts'

/** `OUTCOME_UNKNOWN` for what may have been committed there. */
export type IfGone = 'CONNECTION' | 'OUTCOME_UNKNOWN'

/** `how` is what the channel says of its end. */
export function workerGone(how: string, code: IfGone): StoreError {
  const outcome = code === 'OUTCOME_UNKNOWN' ? ', and whether the change was made is not known' : ''
  return new StoreError(code, `the worker ${how}${outcome}`, { operation: 'query' })
}
