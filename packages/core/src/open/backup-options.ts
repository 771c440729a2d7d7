/** The options of `store.backup()`, checked when it is called. Where a backup may be written is for the backend to say. */
import { assertContext } from '../abort/deadline.ts'
import type { BackupContext } from '../contract/backup.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertFunctionOption, assertOneOf, givenOptions } from './check-options.ts'

/** {@link BackupContext} with its defaults. */
export interface ResolvedBackupOptions {
  readonly overwrite: boolean
  readonly verify: boolean
}

/** The defaults of {@link BackupContext}. */
export const BACKUP_DEFAULTS: ResolvedBackupOptions = Object.freeze({ overwrite: false, verify: false })

/** Checks what `backup()` is given and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveBackupOptions(path: unknown, ctx: BackupContext): ResolvedBackupOptions {
  if (typeof path !== 'string' || path === '') throw invalidArgument('backup: the path must name a file', 'backup')
  assertContext(ctx, 'backup', ['overwrite', 'verify', 'onProgress'])
  const given = givenOptions(ctx) as Partial<ResolvedBackupOptions>
  const { overwrite, verify } = { ...BACKUP_DEFAULTS, ...given }
  assertOneOf(overwrite, 'overwrite', [true, false])
  assertOneOf(verify, 'verify', [true, false])
  assertFunctionOption(ctx.onProgress, 'onProgress')
  return { overwrite, verify }
}
