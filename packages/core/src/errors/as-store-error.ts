/** Wraps what an engine should not have thrown. */
import { isStoreError, StoreError } from './store-error.ts'

/** `error` itself if it is a StoreError, else UNKNOWN with it as the cause. */
export function asStoreError(error: unknown, operation: string): StoreError {
  return isStoreError(error) ? error : new StoreError('UNKNOWN', `${operation} failed`, { operation, cause: error })
}
