/**
 * `store.backup()`: checks, the lifecycle, the deadline, the report. The copying, and where a copy may be made, is the
 * engine's.
 *
 * Backups do not exclude each other, nor maintenance. `close()` lets one that is under way go on for as long as it
 * drains, then ends it with `CLOSED`.
 */
import { assertNotAborted } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { BackupContext, BackupReport } from '../contract/backup.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import { StoreError } from '../errors/store-error.ts'
import { resolveBackupOptions } from '../open/backup-options.ts'
import { freezeReport } from '../values/freeze-report.ts'
import type { Lifecycle } from './lifecycle.ts'
import { tellProgress } from './tell-progress.ts'

/** What is backed up. */
export interface BackupSubject {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly clock: Clock
  readonly logger: StoreLog
}

/** @throws see `Store.backup` */
export async function runBackup(subject: BackupSubject, path: string, ctx: BackupContext): Promise<BackupReport> {
  const { engine, lifecycle, clock, logger } = subject
  lifecycle.assertOpen('backup')
  // One that waits for the lock would wait for ever; one that does not would miss what this transaction has written.
  if (engine.isNestedUse()) throw refuse('NESTED_USE', 'the transaction it is called in would not be in it')
  const options = resolveBackupOptions(path, ctx)
  if (engine.capabilities.backup === false) throw refuse('UNSUPPORTED', 'this backend makes no backups')
  const leave = lifecycle.enter()
  try {
    using deadline = openDeadline(ctx, clock, 'backup', lifecycle.signal)
    const { signal } = deadline
    assertNotAborted(signal, 'backup')
    const startedAt = clock.now()
    const startedMs = clock.monotonicMs()
    const progress = (doneBytes: number, totalBytes: number): void =>
      tellProgress(ctx.onProgress, { doneBytes, totalBytes }, logger)
    const { location, sizeBytes } = await engine.backup({ ...options, path, signal, progress })
    const durationMs = clock.monotonicMs() - startedMs
    logger.debug?.('backup done', { backend: engine.name, sizeBytes, durationMs })
    return freezeReport({
      backend: engine.name,
      location,
      sizeBytes,
      startedAt,
      durationMs,
      verified: options.verify,
    })
  } finally {
    leave()
  }
}

function refuse(code: 'NESTED_USE' | 'UNSUPPORTED', why: string): StoreError {
  return new StoreError(code, `backup: ${why}`, { operation: 'backup' })
}
