/** The error of a long task whose signal has aborted: what the signal says, if it says it as an error of ours. */
import { isStoreError, StoreError } from '@upkeep/core'
import type { OffloadTask } from '@upkeep/core/sqlite'

export function abortedTask(signal: AbortSignal, { name }: OffloadTask): StoreError {
  if (isStoreError(signal.reason)) return signal.reason
  return new StoreError('ABORTED', `${name} was aborted`, { operation: name, cause: signal.reason })
}
