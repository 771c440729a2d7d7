/**
 * The one error class of every backend.
 *
 * It never carries a bound value or a credential in its message, and it never replaces the first
 * error by a later one: what went wrong while cleaning up is dropped or logged by whoever cleans up.
 */
import type { MaintenanceReport } from '../contract/maintenance.ts'
import { type ConstraintKind, isRetryableCode, STORE_ERROR_CODES, type StoreErrorCode } from './error-code.ts'

/** What a {@link StoreError} is made of besides code and message. */
export interface StoreErrorOptions {
  /** What was being done, e.g. `query`, `commit`, `maintenance`, `open`. */
  readonly operation?: string | undefined
  /** The engine's own code, e.g. `SQLITE_BUSY_SNAPSHOT` or `40001`. */
  readonly nativeCode?: string | undefined
  /** For `CONSTRAINT`: which sort. */
  readonly kind?: ConstraintKind | undefined
  /**
   * The error underneath; for `ABORTED` the signal's reason. It is printed with the error, so it must hold no bound value
   * and no credential either, unless it is the application's own.
   */
  readonly cause?: unknown
  /** For a `maintenance()` that was stopped or found damage: what had been done until then. */
  readonly report?: MaintenanceReport | undefined
}

/** A {@link StoreError} as plain data, for crossing a worker or process boundary, where structured clone drops `code`. */
export interface SerializedStoreError {
  /** What happened. */
  readonly code: StoreErrorCode
  /** The same in words, for people. */
  readonly message: string
  /** What was being done. */
  readonly operation?: string | undefined
  /** The engine's own code, if the engine said one. */
  readonly nativeCode?: string | undefined
  /** For `CONSTRAINT`: which sort. */
  readonly kind?: ConstraintKind | undefined
}

const BRAND = Symbol.for('upkeep.StoreError')

/** Any failure of a store. Branch on {@link StoreError.code}. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError'
  /** What happened, from a closed list. */
  readonly code: StoreErrorCode
  /** Whether running the whole unit of work again may succeed. */
  readonly retryable: boolean
  /** What was being done. */
  readonly operation: string | undefined
  /** The engine's own code, if the engine said one. */
  readonly nativeCode: string | undefined
  /** For `CONSTRAINT`: which sort. */
  readonly kind: ConstraintKind | undefined
  /** For a `maintenance()` that was stopped or found damage: what had been done until then. */
  readonly report: MaintenanceReport | undefined

  /** For backends; `message` must hold no bound value and no credential. */
  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = isRetryableCode(code)
    this.operation = options.operation
    this.nativeCode = options.nativeCode
    this.kind = options.kind
    this.report = options.report
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Whether `error` is a {@link StoreError}, also one made by another copy of this package. */
export function isStoreError(error: unknown): error is StoreError {
  return typeof error === 'object' && error !== null && BRAND in error
}

/** The error as plain data. `cause` and `report` do not travel: a cause may hold values. */
export function serializeStoreError(error: StoreError): SerializedStoreError {
  const { code, message, operation, nativeCode, kind } = error
  return { code, message, operation, nativeCode, kind }
}

/** The error again, on the other side of the boundary; a code that is none becomes `UNKNOWN`. */
export function deserializeStoreError(data: SerializedStoreError): StoreError {
  const code = STORE_ERROR_CODES.includes(data.code) ? data.code : 'UNKNOWN'
  return new StoreError(code, data.message, data)
}

/** A {@link StoreError} with the code `INVALID_ARGUMENT`; for backends. */
export function invalidArgument(message: string, operation?: string): StoreError {
  return new StoreError('INVALID_ARGUMENT', message, { operation })
}
