/**
 * What a caller may hand to any operation: a signal, a deadline. Nothing else travels this way.
 */

/** The signal and the deadline that every operation of a store accepts. */
export interface Context {
  /** Stops the operation; it then rejects with `ABORTED`, `cause` being the signal's reason. @default none */
  readonly signal?: AbortSignal | undefined
  /** Deadline in milliseconds from the call on; past it the operation rejects with `TIMEOUT`. @default none */
  readonly timeoutMs?: number | undefined
}
