/**
 * Checkpoints: copies the write-ahead log into the database, and makes the log small again.
 *
 * SQLite reports a checkpoint that could not do its work in its result row, not as an error; here the row is judged.
 * What is more than a few pages is copied on a thread, and what is much in a process, which an abort kills. TRUNCATE is only tried with a busy timeout of zero, so that it cannot
 * wait with the write lock held. Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
 */

import type { MaintenanceStepResult } from '../../contract/backend.ts'
import type { Clock } from '../../contract/clock.ts'
import type { StoreLog } from '../../contract/log.ts'
import { yieldToLoop } from '../../loop/yield-to-loop.ts'
import type { CheckpointMode } from '../port.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import { type CheckpointRow, checkpointRow } from './checkpoint-row.ts'
import { type CheckpointScope, look, withWriteLock } from './maintenance-scope.ts'

/** Nobody waits longer than this for a checkpoint that was not asked for. */
const LAST_CHECKPOINT_MS = 2000

const TRUNCATE_ATTEMPTS = 5

/** What is copied on the caller's thread at most; it takes a few milliseconds. */
const INLINE_BYTES = 512 * 1024

/** What is copied on a thread at most: an abort has to wait for it. */
const THREAD_BYTES = 64 * 1024 * 1024

/** A second pass copies what was written during the first. */
const PASSIVE_PASSES = 3

/** Copies the log and truncates it. */
export async function checkpoint(scope: CheckpointScope, signal: AbortSignal): Promise<MaintenanceStepResult> {
  scope.set.guard.assertSame()
  const resume = await scope.upkeep.pause()
  try {
    return await copyAndTruncate(scope, signal)
  } finally {
    resume()
  }
}

async function copyAndTruncate(scope: CheckpointScope, signal: AbortSignal): Promise<MaintenanceStepResult> {
  const before = sizes(scope)
  if (before.walSizeBytes === 0) return { status: 'skipped', reason: 'the log is empty', before, after: before }
  await copyLog(scope, signal)
  const { row, after } = await truncateLog(scope, signal)
  if (!row.busy && after.walSizeBytes === 0) return { status: 'done', before, after }
  const isHeld = row.copiedFrames < row.logFrames
  const reason = isHeld ? 'a reader needs part of the log' : 'a reader or a writer of another process was in the way'
  return { status: 'blocked', reason, before, after }
}

/** The attempt of every exit, abort included, so under a time limit of its own. It fails to the log only. */
export async function emptyLog(scope: CheckpointScope, clock: Clock, log: StoreLog): Promise<void> {
  const late = new AbortController()
  const timer = clock.setTimer(() => late.abort(), LAST_CHECKPOINT_MS)
  try {
    await checkpoint(scope, late.signal)
  } catch (error) {
    const { code } = classifySqliteError(scope.set.port, error, 'checkpoint')
    log.warn('the last checkpoint did not succeed', { code })
  } finally {
    clock.clearTimer(timer)
  }
}

/** Copies without blocking anybody, until nothing is left or a reader holds the rest. */
export async function copyLog(scope: CheckpointScope, signal: AbortSignal): Promise<void> {
  let leftBefore = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < PASSIVE_PASSES; pass++) {
    const left = bytesToCopy(scope)
    if (left === 0 || left >= leftBefore) return
    leftBefore = left
    await checkpointPass(scope, 'PASSIVE', left, signal)
  }
}

/** One pass: elsewhere if it is much, or if that costs no start. Also few pages may wait for the disk. */
async function checkpointPass(
  scope: CheckpointScope,
  mode: CheckpointMode,
  bytes: number,
  signal: AbortSignal,
): Promise<CheckpointRow> {
  scope.set.guard.assertSame()
  const { offload, thread = offload } = scope
  const elsewhere = bytes > THREAD_BYTES ? (offload ?? thread) : thread
  if (elsewhere === undefined || (bytes <= INLINE_BYTES && !elsewhere.isWarm)) return checkpointHere(scope, mode)
  const [row] = await elsewhere.run({ name: 'checkpoint', mode }, signal)
  return checkpointRow(row)
}

/** Bytes of the log that are not in the database yet; NOOP looks and does nothing. */
export function bytesToCopy(scope: CheckpointScope): number {
  const { logFrames, copiedFrames } = checkpointHere(scope, 'NOOP')
  return Math.max(0, logFrames - copiedFrames) * look(scope).pageSizeBytes
}

/**
 * With the write lock of ours, and tried again a little later, when another process may have let go of SQLite's. What
 * came of it is measured before the lock is given to whoever waits to fill the log again.
 */
async function truncateLog(scope: CheckpointScope, signal: AbortSignal): Promise<{ row: CheckpointRow; after: Sizes }> {
  return withWriteLock(scope, signal, async () => {
    for (let attempt = 1; ; attempt++) {
      const row = await checkpointPass(scope, 'TRUNCATE', bytesToCopy(scope), signal)
      if (!row.busy || attempt === TRUNCATE_ATTEMPTS) return { row, after: sizes(scope) }
      await yieldToLoop()
    }
  })
}

/**
 * Makes the uncommitted log of a killed process go away, for whoever holds the write lock. Nothing is copied, but to
 * cut off a large file takes a while: where `scope` has a warm process, that does it.
 */
export async function dropLogTail(scope: CheckpointScope): Promise<void> {
  const { signal } = new AbortController()
  if (scope.set.hasWriteAheadLog && bytesToCopy(scope) === 0)
    await checkpointPass({ ...scope, thread: undefined }, 'TRUNCATE', 0, signal)
}

function checkpointHere({ connection }: CheckpointScope, mode: CheckpointMode): CheckpointRow {
  return checkpointRow(connection.db.prepare(`PRAGMA wal_checkpoint(${mode})`).all([])[0])
}

type Sizes = { readonly walSizeBytes: number; readonly fileSizeBytes: number }

function sizes(scope: CheckpointScope): Sizes {
  const { walSizeBytes = 0, fileSizeBytes = 0 } = look(scope)
  return { walSizeBytes, fileSizeBytes }
}
