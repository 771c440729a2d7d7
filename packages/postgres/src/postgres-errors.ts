/**
 * Whatever the server, the socket or the driver said → {@link StoreError}.
 *
 * The driver's own error of the server is no cause: its `detail` holds the row that broke a constraint.
 */
import { errorLabel, isStoreError, StoreError, type StoreErrorCode } from '@upkeep/core'
import type { PgMessage } from './pg-client.ts'
import { withoutValues } from './postgres-message.ts'
import { codeOfSqlState, constraintKindOf } from './sqlstate.ts'

const SQLSTATE = /^[0-9A-Z]{5}$/

/**
 * The native code of a prepared statement whose result is no longer what it was: SQLSTATE has only 0A000 for it, which
 * other things have too. Source: plancache.c of the server.
 */
export const STALE_RESULT = '0A000 RevalidateCachedQuery'

/** Of a statement that was stopped, by whomever. */
export const QUERY_CANCELED = '57014'

/** What the server said, as far as it holds names and no values: what a `StoreError` has for its cause. */
class ServerError extends Error {
  override readonly name = 'PostgresError'
  /** SQLSTATE. */
  readonly code: string | undefined
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  /** Where in the text of the statement, in characters from 1. */
  readonly position: string | undefined
  /** The function of the server's sources. */
  readonly routine: string | undefined

  constructor(message: string, { code, schema, table, column, constraint, position, routine }: PgMessage) {
    super(message)
    this.code = code
    this.schema = schema
    this.table = table
    this.column = column
    this.constraint = constraint
    this.position = position
    this.routine = routine
  }
}

/** What the application itself has written, in a function or a trigger. */
const RAISED = 'P0001'

/** Turns whatever was thrown into a {@link StoreError}; one that is already is returned as it is. */
export function classifyPostgresError(error: unknown, operation: string): StoreError {
  if (isStoreError(error)) return error
  return isServerMessage(error) ? serverError(error, operation) : clientError(error, operation)
}

/** Whether the server has said it. */
export function isServerMessage(error: unknown): error is PgMessage & { readonly code: string } {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error)) return false
  return typeof error.code === 'string' && SQLSTATE.test(error.code)
}

function serverError(said: PgMessage & { readonly code: string }, operation: string): StoreError {
  if (said.code === '0A000' && said.routine === 'RevalidateCachedQuery') {
    return new StoreError('SERIALIZATION', said.message, { operation, nativeCode: STALE_RESULT })
  }
  const { code: nativeCode } = said
  if (nativeCode === RAISED) {
    const message = 'a function or a trigger of the database refused the change'
    return new StoreError('CONSTRAINT', message, { operation, nativeCode, cause: new Error(said.message) })
  }
  const kind = constraintKindOf(nativeCode)
  const message = withoutValues(said.message, nativeCode)
  const cause = new ServerError(message, said)
  return new StoreError(codeOf(said), message, { operation, nativeCode, kind, cause })
}

/** A statement_timeout of the role or of the database says so in its words alone. */
function codeOf({ code, message }: PgMessage & { readonly code: string }): StoreErrorCode {
  return code === QUERY_CANCELED && /timeout/i.test(message) ? 'TIMEOUT' : codeOfSqlState(code)
}

/** Of the socket, of TLS, or of the driver itself. */
function clientError(error: unknown, operation: string): StoreError {
  const systemCode = systemCodeOf(error)
  const isMisuse = systemCode === undefined && (error instanceof TypeError || error instanceof RangeError)
  const code: StoreErrorCode = isMisuse ? 'INVALID_ARGUMENT' : 'CONNECTION'
  const what = isMisuse ? `the driver threw: ${errorLabel(error)}` : `the connection was lost or could not be made`
  const message = systemCode === undefined ? what : `${what}: ${systemCode}`
  return new StoreError(code, message, { operation, nativeCode: systemCode, cause: error })
}

/** What the operating system, Node or OpenSSL calls it, e.g. `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
function systemCodeOf(error: unknown): string | undefined {
  // Several addresses were tried.
  const [first] = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error]
  const code: unknown = first instanceof Error && 'code' in first ? first.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : undefined
}
