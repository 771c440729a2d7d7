/**
 * A backup: VACUUM INTO a file beside the target, put on the disk, checked if asked, and then given its name.
 *
 * Why VACUUM INTO and not SQLite's backup API: that one begins anew whenever another connection commits, and under a
 * steady writer never ends. This is one read transaction, which holds up nobody; but the log cannot be begun anew until
 * it is over. The copy has no free pages, no log and nothing that was deleted.
 * Source: https://www.sqlite.org/lang_vacuum.html#vacuuminto
 *
 * Which files may be made, replaced and removed is the file system's part; see SqliteBackupFiles.
 */
import { assertNotAborted } from '../abort/abort-error.ts'
import type { BackupResult, BackupRun } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ConnectionSet } from './connection-set.ts'
import { assertDatabaseName } from './database-name.ts'
import { inspect, usedBytes } from './maintenance/inspection.ts'
import { withWriteLock } from './maintenance/maintenance-scope.ts'
import { runBackupTask, runVerifyTask } from './maintenance/task-runner.ts'
import type { OffloadResult, SqliteBackupFile, SqliteBackupFiles, SqliteOffload } from './port.ts'
import { watchSize } from './watch-size.ts'

/** What a backup needs of its engine. */
export interface SqliteBackupParts {
  readonly set: ConnectionSet
  readonly backups: SqliteBackupFiles
  readonly openOffload: (() => SqliteOffload) | undefined
  readonly clock: Clock
}

/** What makes and checks the copy. */
interface Copier extends AsyncDisposable {
  copy(path: string, signal: AbortSignal): Promise<unknown>
  verify(path: string, signal: AbortSignal): Promise<OffloadResult>
}

/** @throws the driver's errors, and see `Engine.backup` */
export async function backupSqlite(parts: SqliteBackupParts, run: BackupRun): Promise<BackupResult> {
  const { set, backups } = parts
  assertDatabaseName(run.path, { readOnly: false })
  if (run.path === ':memory:') throw invalidArgument('a backup is a file', 'backup')
  const file = await backups.open(run.path, { database: set.isMemory ? undefined : set.path, overwrite: run.overwrite })
  try {
    await using copier = openCopier(parts)
    await copyTo(file, copier, parts, run)
    await file.sync()
    if (run.verify) assertSound(await copier.verify(file.path, run.signal))
    const sizeBytes = await file.sizeBytes()
    // From here on it is a matter of a moment, and how it ends is told.
    assertNotAborted(run.signal, 'backup')
    await file.publish()
    run.progress(sizeBytes, sizeBytes)
    return { location: file.target, sizeBytes }
  } catch (error) {
    await file.discard()
    throw error
  }
}

async function copyTo(
  file: SqliteBackupFile,
  copier: Copier,
  { set, clock }: SqliteBackupParts,
  { signal, progress }: BackupRun,
): Promise<void> {
  const connection = set.reader ?? set.writer
  const totalBytes = await retryWhileBusy(set.busy, signal, () =>
    usedBytes(inspect(connection.db, undefined, undefined)),
  )
  // A disk that is filled to its end would take the database's own commits with it.
  const freeBytes = await file.freeBytes()
  if (freeBytes !== undefined && freeBytes < totalBytes) {
    const message = `${totalBytes} bytes are needed for the backup, and ${freeBytes} are free`
    throw new StoreError('FULL', message, { operation: 'backup' })
  }
  progress(0, totalBytes)
  const watching = watchSize(
    clock,
    () => file.sizeBytes(),
    (sizeBytes) => progress(Math.min(sizeBytes, totalBytes), totalBytes),
  )
  try {
    await copier.copy(file.path, signal)
  } finally {
    watching.stop()
  }
}

function openCopier({ set, openOffload }: SqliteBackupParts): Copier {
  if (set.isMemory || openOffload === undefined) return createInlineCopier(set)
  // Of its own: maintenance may be at work in another one, and an abort kills it.
  const offload = openOffload()
  return {
    copy(path, signal) {
      const copy = (): Promise<OffloadResult> => offload.run({ name: 'backup', path }, signal)
      // Without a log no commit gets past a reader: here it waits in our queue, for as long as it takes.
      return set.hasWriteAheadLog ? copy() : withWriteLock({ set }, signal, copy)
    },
    verify: (path, signal) => offload.run({ name: 'verify', path }, signal),
    [Symbol.asyncDispose]: () => offload.close(),
  }
}

/** A database in memory has one connection: nobody may be in a transaction on it. */
function createInlineCopier(set: ConnectionSet): Copier {
  return {
    copy: (path, signal) =>
      withWriteLock({ set }, signal, () => {
        assertNotAborted(signal, 'backup')
        set.writer.settleCursors()
        runBackupTask(set.writer.db, path)
      }),
    verify: async (path) => runVerifyTask(set.port, path),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** @throws CORRUPT with the first thing that is wrong */
function assertSound(rows: OffloadResult): void {
  const [first] = rows.map((row) => String(Object.values(row)[0]))
  if (first !== 'ok')
    throw new StoreError('CORRUPT', `the check of the backup found: ${first}`, { operation: 'backup' })
}
