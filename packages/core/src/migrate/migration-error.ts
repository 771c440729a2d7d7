/** What `migrate()` rejects with: the code of what failed, in which migration, and what was done before. */
import { abortError } from '../abort/abort-error.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'

const MAX_NAMES = 10

/** `error`, named after the migration it came in. A message that is not the store's may hold values: it stays in the cause. */
export function migrationError(name: string, error: unknown, signal: AbortSignal): StoreError {
  if (!isStoreError(error)) {
    return new StoreError('UNKNOWN', `migration "${name}": ${errorLabel(error)}`, {
      operation: 'migrate',
      cause: error,
    })
  }
  const isAbort = signal.aborted && error.code === abortError(signal, 'migrate').code
  return again(error, `migration "${name}": ${error.message}`, isAbort ? signal.reason : error)
}

/** `error` with the names of the migrations that have been run before it, and stay. */
export function withApplied(error: unknown, applied: readonly string[]): unknown {
  if (applied.length === 0 || !isStoreError(error)) return error
  return again(error, `${error.message}; applied before, and kept: ${listed(applied)}`, error.cause ?? error)
}

/** At most ten of `names`, quoted. */
export function listed(names: readonly string[]): string {
  const told = names.slice(0, MAX_NAMES).map((name) => `"${name}"`)
  return names.length > MAX_NAMES ? `${told.join(', ')} and ${names.length - MAX_NAMES} more` : told.join(', ')
}

function again({ code, nativeCode, kind }: StoreError, message: string, cause: unknown): StoreError {
  return new StoreError(code, message, { operation: 'migrate', nativeCode, kind, cause })
}
