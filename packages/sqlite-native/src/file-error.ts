/** What the operating system says about a file, as a {@link StoreError}. */
import type { StoreErrorCode } from '@upkeep/core'
import { StoreError } from '@upkeep/core/sqlite/host'

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  ENOSPC: 'FULL',
  EDQUOT: 'FULL',
  EFBIG: 'FULL',
  EROFS: 'READONLY',
  EIO: 'CONNECTION',
  EMFILE: 'CONNECTION',
  ENFILE: 'CONNECTION',
}

/** What is not a lack of rights, of space or of the disk itself is a path that cannot be meant. */
export function fileError(error: unknown, path: string, operation: string): StoreError {
  const nativeCode = systemCode(error) ?? 'unknown'
  const code = CODES[nativeCode] ?? 'INVALID_ARGUMENT'
  return new StoreError(code, `${path} cannot be used: ${nativeCode}`, { operation, nativeCode, cause: error })
}

/** e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
