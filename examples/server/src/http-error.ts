// What a request is answered with when it cannot be served.
import { isStoreError, type StoreErrorCode } from '@upkeep/core'

/** A request that is not acceptable. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

// The codes of the store that are not the server's own fault; whatever is not here is a 500.
const STATUS: Partial<Record<StoreErrorCode, number>> = {
  INVALID_ARGUMENT: 400,
  CONSTRAINT: 409,
  BUSY: 503,
  TIMEOUT: 503,
  SERIALIZATION: 503,
  CONNECTION: 503,
  OUTCOME_UNKNOWN: 503,
  CLOSED: 503,
  FULL: 507,
}

/** Status and text for the client. Of a failure inside, it tells the code alone. */
export function describeError(error: unknown): { readonly status: number; readonly error: string } {
  if (error instanceof HttpError) return { status: error.status, error: error.message }
  if (isStoreError(error)) return { status: STATUS[error.code] ?? 500, error: error.code }
  return { status: 500, error: 'UNKNOWN' }
}
