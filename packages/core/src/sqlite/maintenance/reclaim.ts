/**
 * Gives free pages back bit by bit, beside a busy application.
 *
 * Each chunk is sized to hold the write lock for about 4 ms; then the lock is free, and the loop too, for
 * as long as the chunk took. Where there is a thread of ours chunks run there, and the checkpointer copies the log that
 * they write; else they run here, and another process copies it where there is one. Source: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
 */

import { abortError, assertNotAborted } from '../../abort/abort-error.ts'
import { delay } from '../../abort/system-clock.ts'
import type { MaintenanceStepResult } from '../../contract/backend.ts'
import { fittingSize, type SizeLimits } from '../../loop/fitting-size.ts'
import { isSliceSpent } from '../../loop/loop-slice.ts'
import { yieldToLoop } from '../../loop/yield-to-loop.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import type { SqliteDatabase } from '../port.ts'
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

export async function reclaim(given: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { run, set } = given
  const before = look(given)
  // What one chunk does is not worth the start of a thread.
  const isWorthwhile = given.thread?.isWarm === true || before.freePageCount > FIRST_CHUNK_PAGES
  const scope = isWorthwhile ? given : { ...given, thread: undefined }
  const isKept = scope.thread !== undefined && (await scope.upkeep.keep())
  const reclaimAll = (): Promise<boolean> => reclaimChunks(scope, before.freePageCount, isKept)
  const finished = isKept ? await reclaimAll() : await withoutAutocheckpoint(scope, reclaimAll)
  // The file is as large as before until the log is in it: sizes are told after that, as they really are.
  if (set.hasWriteAheadLog) await checkpoint(scope, run.signal)
  const measures = { before: measuresOf(before), after: measuresOf(look(scope)) }
  return finished ? { status: 'done', ...measures } : { status: 'blocked', reason: 'the budget is spent', ...measures }
}

/** Answers whether all is given back; else the budget was spent. */
async function reclaimChunks(scope: MaintenanceScope, total: number, isKept: boolean): Promise<boolean> {
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
    if (!isKept) await checkpointIfGrown(scope)
    await delay(clock, tookMs, run.signal, (signal) => abortError(signal, 'maintenance'))
  }
}

async function reclaimChunk(scope: MaintenanceScope, pages: number): Promise<{ left: number; tookMs: number }> {
  const { run, clock, set } = scope
  return withWriteLock(scope, run.signal, async () => {
    let tookMs = 0
    const left = await retryWhileBusy(set.busy, run.signal, async () => {
      const startedMs = clock.monotonicMs()
      const pagesLeft = await freePages(scope, pages)
      tookMs = clock.monotonicMs() - startedMs
      return pagesLeft
    })
    return { left, tookMs }
  })
}

/** Gives back so many pages; answers how many are left. */
async function freePages({ thread, connection, run }: MaintenanceScope, pages: number): Promise<number> {
  if (thread !== undefined) {
    const [row] = await thread.run({ name: 'reclaim', pages }, run.signal)
    return Number(row?.left)
  }
  // A chunk comes on top of what this turn of the loop has done for the application.
  if (isSliceSpent()) await yieldToLoop()
  return runReclaim(connection.db, pages)
}

async function checkpointIfGrown(scope: MaintenanceScope): Promise<void> {
  if (!scope.set.hasWriteAheadLog) return
  const limit = scope.offload === undefined ? INLINE_CHECKPOINT_BYTES : CHECKPOINT_BYTES
  if (bytesToCopy(scope) > limit) await copyLog(scope, scope.run.signal)
}

/** Gives back so many pages on a connection, and answers how many are left. */
export function runReclaim(db: Pick<SqliteDatabase, 'exec' | 'prepare'>, pages: number): number {
  db.exec(`PRAGMA incremental_vacuum(${pages})`)
  return Number(readPragma(db, 'freelist_count'))
}
