/**
 * What an aborted signal means, decided in one place.
 *
 * A signal whose reason is a {@link StoreError} speaks for itself: the store's own deadlines abort with `TIMEOUT` and
 * its `close()` with `CLOSED`. Any other reason is the caller's, and becomes the cause of an `ABORTED`.
 */
import { isStoreError, StoreError } from '../errors/store-error.ts'

/** The error for an aborted `signal`. */
export function abortError(signal: AbortSignal, operation: string): StoreError {
  const reason: unknown = signal.reason
  if (isStoreError(reason)) return reason
  return new StoreError('ABORTED', `${operation} was aborted by its signal`, { operation, cause: reason })
}

/** Throws if `signal` is aborted already. */
export function assertNotAborted(signal: AbortSignal | undefined, operation: string): void {
  if (signal?.aborted === true) throw abortError(signal, operation)
}

/** Calls `onAbort` when `signal` aborts, at once if it has; the answer lets go of the signal. */
export function onceAborted(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

/** Settles like `promise`, or rejects as soon as `signal` aborts; the promise is then left to itself. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined, operation: string): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const leave = onceAborted(signal, () => reject(abortError(signal, operation)))
    promise.then(resolve, reject).finally(leave)
  })
}
