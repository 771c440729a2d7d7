/**
 * The closed list of codes a {@link StoreError} can carry, and which of them are worth a retry.
 *
 * It does not classify: each engine maps its own result codes to these, in one place of its own.
 */

/** Every code of a {@link StoreError}. Applications branch on these, never on messages. */
export const STORE_ERROR_CODES = [
  /** A lock or a connection did not come free in time. Nothing was changed. */
  'BUSY',
  /** The deadline of the call (`timeoutMs`) passed. */
  'TIMEOUT',
  /** The caller's signal was aborted and the work was stopped; `cause` is the signal's reason. */
  'ABORTED',
  /** A constraint refused the row; `kind` says which sort. */
  'CONSTRAINT',
  /** The transaction lost a race with another one and can be run again from its start. */
  'SERIALIZATION',
  /** The engine or the way to it was lost. */
  'CONNECTION',
  /** It cannot be known whether the statement or the commit took effect. */
  'OUTCOME_UNKNOWN',
  /** The file is not a database, or is damaged. */
  'CORRUPT',
  /** The disk, the quota or a configured limit is exhausted. */
  'FULL',
  /** The database, the file or the store is read-only. */
  'READONLY',
  /** The file under the store was replaced or unlinked. */
  'REPLACED',
  /** The store is closing or closed. */
  'CLOSED',
  /** The call would wait for the transaction it is made in. */
  'NESTED_USE',
  /** The backend cannot do this; see `store.capabilities`. */
  'UNSUPPORTED',
  /** An option, a URL or a parameter is not acceptable; nothing was changed. */
  'INVALID_ARGUMENT',
  /** Migrations have run, and what the application declares is not there; or their records do not fit them. */
  'SCHEMA_MISMATCH',
  /** The engine could not compile the statement: bad syntax, or a name that does not exist. */
  'SYNTAX',
  /** The operating system or the server refused access. */
  'PERMISSION',
  /** Anything else; `nativeCode` and `cause` have what the engine said. */
  'UNKNOWN',
] as const

/** What went wrong, from a closed list; what each code means stands at its entry in {@link STORE_ERROR_CODES}. */
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number]

/** Which sort of constraint a `CONSTRAINT` error is about. */
export type ConstraintKind = 'unique' | 'foreign_key' | 'not_null' | 'check'

const RETRYABLE: ReadonlySet<StoreErrorCode> = new Set(['BUSY', 'SERIALIZATION'])

/** Whether running the whole unit of work again may succeed without a change by anyone: `BUSY` and `SERIALIZATION`. */
export function isRetryableCode(code: StoreErrorCode): boolean {
  return RETRYABLE.has(code)
}
