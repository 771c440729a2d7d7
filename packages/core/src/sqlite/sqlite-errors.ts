/**
 * SQLite's result codes → {@link StoreError}. The one place that knows what each code means here.
 *
 * Source: https://www.sqlite.org/rescode.html
 */
import type { ConstraintKind, StoreErrorCode } from '../errors/error-code.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import type { SqlitePort } from './port.ts'
import { type SqlitePhase, withoutValues } from './sqlite-message.ts'

/** By primary code: the part up to the second underscore. */
const CODES: Readonly<Record<string, StoreErrorCode>> = {
  SQLITE_BUSY: 'BUSY',
  SQLITE_LOCKED: 'BUSY',
  SQLITE_CONSTRAINT: 'CONSTRAINT',
  SQLITE_CORRUPT: 'CORRUPT',
  SQLITE_NOTADB: 'CORRUPT',
  SQLITE_FULL: 'FULL',
  SQLITE_READONLY: 'READONLY',
  SQLITE_PERM: 'PERMISSION',
  SQLITE_AUTH: 'PERMISSION',
  SQLITE_CANTOPEN: 'CONNECTION',
  SQLITE_IOERR: 'CONNECTION',
  SQLITE_PROTOCOL: 'BUSY',
  SQLITE_INTERRUPT: 'ABORTED',
  SQLITE_TOOBIG: 'INVALID_ARGUMENT',
  SQLITE_RANGE: 'INVALID_ARGUMENT',
  SQLITE_MISMATCH: 'INVALID_ARGUMENT',
}

/** Those that mean something else than their primary code. */
const EXTENDED_CODES: Readonly<Record<string, StoreErrorCode>> = {
  SQLITE_READONLY_DBMOVED: 'REPLACED',
}

const CONSTRAINT_KINDS: Readonly<Record<string, ConstraintKind>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'unique',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'unique',
  SQLITE_CONSTRAINT_ROWID: 'unique',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'foreign_key',
  SQLITE_CONSTRAINT_NOTNULL: 'not_null',
  SQLITE_CONSTRAINT_CHECK: 'check',
  SQLITE_CONSTRAINT_DATATYPE: 'check',
}

/** Result codes by number, for drivers that give numbers. Source: sqlite3.h. */
const PRIMARY_NAMES = (
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY ' +
  'SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB'
).split(' ')

const EXTENDED_NAMES: Readonly<Record<number, string>> = {
  261: 'BUSY_RECOVERY',
  517: 'BUSY_SNAPSHOT',
  773: 'BUSY_TIMEOUT',
  275: 'CONSTRAINT_CHECK',
  787: 'CONSTRAINT_FOREIGNKEY',
  1299: 'CONSTRAINT_NOTNULL',
  1555: 'CONSTRAINT_PRIMARYKEY',
  1811: 'CONSTRAINT_TRIGGER',
  2067: 'CONSTRAINT_UNIQUE',
  2579: 'CONSTRAINT_ROWID',
  3091: 'CONSTRAINT_DATATYPE',
}

/** The name of a numeric result code, e.g. 517 → `SQLITE_BUSY_SNAPSHOT`. */
export function sqliteResultCodeName(code: number): string {
  return `SQLITE_${EXTENDED_NAMES[code] ?? PRIMARY_NAMES[code & 0xff] ?? `CODE_${code}`}`
}

/** Whether another connection's lock was in the way, so that trying again later may do; classified already or not. */
export function isBusy(port: SqlitePort, error: unknown): boolean {
  const code = isStoreError(error) ? error.nativeCode : port.resultCode(error)
  return code !== undefined && (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_PROTOCOL')
}

/**
 * Turns whatever was thrown into a {@link StoreError}; one that is already is returned as it is.
 *
 * Neither the message nor the cause repeats a value of the statement: where SQLite did, it is left out of the one, and
 * the other is not there. What the application itself has thrown or written, in a function or in a trigger, is the cause
 * and not in the message.
 */
export function classifySqliteError(
  port: SqlitePort,
  error: unknown,
  operation: string,
  phase: SqlitePhase = 'execute',
): StoreError {
  if (isStoreError(error)) return error
  const nativeCode = port.resultCode(error)
  if (nativeCode === undefined) return classifyForeignError(error, operation)
  const said = error instanceof Error ? error.message : nativeCode
  if (nativeCode === 'SQLITE_CONSTRAINT_TRIGGER') {
    return new StoreError('CONSTRAINT', 'a trigger refused the change', { operation, nativeCode, cause: error })
  }
  const kind = CONSTRAINT_KINDS[nativeCode]
  const message = kind === undefined ? withoutValues(said, phase) : said
  const primary = nativeCode.split('_', 2).join('_')
  const isSyntax = nativeCode === 'SQLITE_ERROR' && phase === 'prepare'
  return new StoreError(isSyntax ? 'SYNTAX' : (EXTENDED_CODES[nativeCode] ?? CODES[primary] ?? 'UNKNOWN'), message, {
    operation,
    nativeCode,
    kind,
    cause: message === said ? error : undefined,
  })
}

/** Drivers report misuse, such as a wrong number of parameters, as JavaScript errors; functions of the application throw them. */
function classifyForeignError(error: unknown, operation: string): StoreError {
  const code = error instanceof RangeError || error instanceof TypeError ? 'INVALID_ARGUMENT' : 'UNKNOWN'
  const message = `the driver, or a function of the application, threw: ${systemCode(error) ?? errorLabel(error)}`
  return new StoreError(code, message, { operation, cause: error })
}

/** What the operating system or Node calls it, e.g. `EACCES`. */
function systemCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9_]{2,63}$/.test(code) ? code : undefined
}
