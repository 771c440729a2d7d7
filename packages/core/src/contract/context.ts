/**
 * What a caller may hand to any operation: a signal, a deadline. Nothing else travels this way.
 */

/** Accepted by every operation of a store. */
export interface Context {
  /** Stops the operation; it then rejects with `ABORTED`, `cause` being the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Deadline in milliseconds from the call on; past it the operation rejects with `TIMEOUT`. @default none */
  readonly timeoutMs?: number | undefined
}
