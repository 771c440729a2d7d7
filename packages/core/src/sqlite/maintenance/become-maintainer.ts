/**
 * Takes the lock among maintainers, also on a disk that is full.
 *
 * The lock is a small file, which cannot be written then; and often it is our own log that has filled the disk, with what
 * was rolled back. So the log is emptied first: that needs no lock, and it is what maintenance was called for.
 */

import type { Clock } from '../../contract/clock.ts'
import type { StoreLog } from '../../contract/log.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import type { ConnectionSet } from '../connection-set.ts'
import type { LogUpkeep } from '../log-upkeep.ts'
import type { SqliteFiles, SqliteOffload } from '../port.ts'
import type { SidecarAttempt, SidecarLock } from '../sidecar-lock.ts'
import { emptyLog } from './checkpoint.ts'

/** What it is taken with. */
export interface MaintainerParts {
  readonly set: ConnectionSet
  readonly files: SqliteFiles | undefined
  readonly openOffload: (() => SqliteOffload) | undefined
  readonly upkeep: LogUpkeep
  readonly clock: Clock
  readonly log: StoreLog
  /** The lock among processes; `undefined` where there is only one process. */
  readonly maintainer: SidecarLock | undefined
}

/** `undefined` where there is no such lock. @throws the driver's errors, a full disk among them if it stays full */
export async function becomeMaintainer(
  parts: MaintainerParts,
  signal: AbortSignal,
): Promise<SidecarAttempt | undefined> {
  const { set, maintainer } = parts
  try {
    return maintainer?.tryAcquire()
  } catch (error) {
    if (set.port.resultCode(error) !== 'SQLITE_FULL' || !set.hasWriteAheadLog) throw error
  }
  await giveBackLog(parts, signal)
  return maintainer?.tryAcquire()
}

async function giveBackLog(parts: MaintainerParts, signal: AbortSignal): Promise<void> {
  const { set, files, upkeep, clock, log } = parts
  const connection = set.isSingle
    ? set.writer
    : await retryWhileBusy(set.busy, signal, () => set.openConnection('maintenance'))
  const offload = parts.openOffload?.()
  try {
    await emptyLog({ set, connection, files, offload, thread: undefined, upkeep }, clock, log)
  } finally {
    await offload?.close()
    if (!set.isSingle) connection.close()
  }
}
