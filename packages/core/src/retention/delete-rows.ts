/**
 * Deletes the rows that a source finds, batch by batch, beside a busy application.
 *
 * After each batch the lock is free, and the loop too, for as long as it took. What it keeps in memory is one batch.
 */
import { abortError, assertNotAborted } from '../abort/abort-error.ts'
import { delay } from '../abort/system-clock.ts'
import type { TaskContext, TaskResult } from '../contract/task.ts'
import { isStoreError, type StoreError } from '../errors/store-error.ts'
import { fittingSize } from '../loop/fitting-size.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import { assertNotRefused, type DeletedKeys, type Deletion, deleteKeys, NOTHING_DELETED } from './delete-batch.ts'
import type { BatchSource, KeyBatch } from './row-selection.ts'

/** How long the statement that deletes should take: rows may be large, and a condition dear. */
const DELETE_MS = 4

/** How it ended: at the last row, where nothing that was found could be deleted, at the end of the budget, at a lock. */
export type DeletionEnd = 'end' | 'stuck' | Required<Pick<TaskResult, 'status' | 'reason'>>

/** What a batch came to. */
interface BatchResult {
  readonly isLast: boolean
  /** The source would answer the same rows again. */
  readonly isStuck: boolean
  readonly deletedCount: number
  /** What the statement that deletes has taken. */
  readonly deleteMs: number
  /** That, with the search and the commit; without the waiting for the lock. */
  readonly busyMs: number
}

/** Deletes what `source` finds; `onBatch` is told after each batch. */
export async function deleteRows(
  deletion: Deletion,
  source: BatchSource,
  onBatch: () => void = () => undefined,
): Promise<DeletionEnd> {
  const { context, batchSize } = deletion
  let limit = batchSize
  for (;;) {
    assertNotAborted(context.signal, 'retention')
    if (context.budgetLeftMs() <= 0) return { status: 'blocked', reason: 'the budget is spent' }
    const result = await runBatch(deletion, source, limit)
    if (isStoreError(result)) return { status: 'blocked', reason: `BUSY: ${result.message}` }
    onBatch()
    assertNotRefused(deletion, result.isLast)
    if (result.isLast) return 'end'
    if (result.isStuck) return 'stuck'
    if (result.deletedCount > 0) {
      limit = fittingSize(limit, result.deleteMs, { targetMs: DELETE_MS, min: 1, max: batchSize })
    }
    await pause(context, result.busyMs)
  }
}

/** Answers the error of a lock that was waited for in vain: it may be free the next time, and that is no failure. */
async function runBatch(deletion: Deletion, source: BatchSource, limit: number): Promise<BatchResult | StoreError> {
  const { clock } = deletion.context
  const startedMs = clock.monotonicMs()
  const found = await search(source, limit)
  if (isStoreError(found)) return found
  const searchMs = clock.monotonicMs() - startedMs
  let deleted: DeletedKeys | StoreError = NOTHING_DELETED
  if (found.keys.length > 0) {
    // Searching has had its share of this turn of the loop; the commit may bring a checkpoint with it.
    await yieldToLoop()
    deleted = await deleteKeys(deletion, found.keys, !source.forgets)
    if (isStoreError(deleted)) {
      if (deleted.code === 'BUSY') return deleted
      return { isLast: false, isStuck: true, deletedCount: 0, deleteMs: 0, busyMs: searchMs }
    }
  }
  const { deletedCount, deleteMs, heldMs } = deleted
  const isStuck = source.forgets && found.hasMore && deletedCount === 0
  return { isLast: !found.hasMore, isStuck, deletedCount, deleteMs, busyMs: searchMs + heldMs }
}

async function search(source: BatchSource, limit: number): Promise<KeyBatch | StoreError> {
  try {
    return await source.next(limit)
  } catch (error) {
    if (isStoreError(error) && error.code === 'BUSY') return error
    throw error
  }
}

async function pause({ clock, signal }: TaskContext<any>, tookMs: number): Promise<void> {
  await yieldToLoop()
  if (tookMs > 0) await delay(clock, tookMs, signal, (aborted) => abortError(aborted, 'retention'))
}
