/**
 * Gives free pages back bit by bit, beside a busy application.
 *
 * Each chunk is sized to hold the write lock for about 4 ms; then the lock is free, and the loop too, for
 * as long as the chunk took. The log that this writes is copied into the database by another process where there is
 * one. Source: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
 */

import { abortError, assertNotAborted } from '../../abort/abort-error.ts'
import { delay } from '../../abort/system-clock.ts'
import type { MaintenanceStepResult } from '../../contract/backend.ts'
import { fittingSize, type SizeLimits } from '../../loop/fitting-size.ts'
import { isSliceSpent } from '../../loop/loop-slice.ts'
import { yieldToLoop } from '../../loop/yield-to-loop.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import { readPragma } from '../pragmas.ts'
import { bytesToCopy, checkpoint, copyLog } from './checkpoint.ts'
import { measuresOf } from './inspection.ts'
import { look, type MaintenanceScope, withoutAutocheckpoint, withWriteLock } from './maintenance-scope.ts'

const FIRST_CHUNK_PAGES = 125
/** Cheap pages make the next chunk larger, and then come dear ones: hence the limit. */
const CHUNK_PAGES: SizeLimits = { targetMs: 4, min: 16, max: 250 }

/** The log is copied when it has grown by this much. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024
/** Without another process to copy it, in portions that do not hold the thread for long. */
const INLINE_CHECKPOINT_BYTES = 1024 * 1024

export async function reclaim(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { run, set } = scope
  const before = look(scope)
  const finished = await withoutAutocheckpoint(scope, () => reclaimChunks(scope, before.freePageCount))
  // The file is as large as before until the log is in it: sizes are told after that, as they really are.
  if (set.hasWriteAheadLog) await checkpoint(scope, run.signal)
  const measures = { before: measuresOf(before), after: measuresOf(look(scope)) }
  return finished ? { status: 'done', ...measures } : { status: 'blocked', reason: 'the budget is spent', ...measures }
}

/** Answers whether all is given back; else the budget was spent. */
async function reclaimChunks(scope: MaintenanceScope, total: number): Promise<boolean> {
  const { run, clock } = scope
  let chunkPages = FIRST_CHUNK_PAGES
  run.progress('reclaim', 0, total, 'pages')
  for (;;) {
    assertNotAborted(run.signal, 'maintenance')
    const { left, tookMs } = await reclaimChunk(scope, chunkPages)
    run.progress('reclaim', Math.max(0, total - left), total, 'pages')
    if (left === 0) return true
    if (run.budgetLeftMs() <= 0) return false
    chunkPages = fittingSize(chunkPages, tookMs, CHUNK_PAGES)
    await checkpointIfGrown(scope)
    await delay(clock, tookMs, run.signal, (signal) => abortError(signal, 'maintenance'))
  }
}

async function reclaimChunk(scope: MaintenanceScope, pages: number): Promise<{ left: number; tookMs: number }> {
  const { run, clock, connection, set } = scope
  return withWriteLock(scope, run.signal, async () => {
    // A chunk comes on top of what this turn of the loop has done for the application.
    if (isSliceSpent()) await yieldToLoop()
    let tookMs = 0
    await retryWhileBusy(set.busy, run.signal, () => {
      const startedMs = clock.monotonicMs()
      connection.exec(`PRAGMA incremental_vacuum(${pages})`)
      tookMs = clock.monotonicMs() - startedMs
    })
    return { left: Number(readPragma(connection.db, 'freelist_count')), tookMs }
  })
}

async function checkpointIfGrown(scope: MaintenanceScope): Promise<void> {
  if (!scope.set.hasWriteAheadLog) return
  const limit = scope.offload === undefined ? INLINE_CHECKPOINT_BYTES : CHECKPOINT_BYTES
  if (bytesToCopy(scope) > limit) await copyLog(scope, scope.run.signal)
}
