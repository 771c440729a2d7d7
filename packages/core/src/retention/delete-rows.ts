/**
 * Deletes the rows that a source finds, a batch in a transaction, beside a busy application.
 *
 * The write lock is held for the statement that deletes a batch by its keys, which looks at the condition once more, and
 * for the commit. Then the lock is free, and the loop too, for as long as it took. What it keeps in memory is one batch.
 */
import { abortError, assertNotAborted } from '../abort/abort-error.ts'
import { delay } from '../abort/system-clock.ts'
import type { TaskContext, TaskResult } from '../contract/task.ts'
import type { StoreTransaction } from '../contract/transaction.ts'
import { isStoreError } from '../errors/store-error.ts'
import { fittingSize } from '../loop/fitting-size.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import type { Delivery } from './delivery.ts'
import { type BatchSource, type KeyBatch, keyList, type RowSelection, type SelectedRow } from './row-selection.ts'

/** How long the statement that deletes should take: rows may be large, and a condition dear. */
const DELETE_MS = 4
/** Where writers do not wait for each other they collide: then the same is done again. */
const ATTEMPTS = 3

/** A deletion under way. */
export interface Deletion {
  readonly context: TaskContext<any>
  readonly selection: RowSelection
  /** Rows in a transaction at most. */
  readonly batchSize: number
  readonly delivery: Delivery | undefined
  /** Rows that this run has deleted. */
  deletedRowCount: number
}

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
    if ('status' in result) return result
    onBatch()
    if (result.isLast) return 'end'
    if (result.isStuck) return 'stuck'
    if (result.deletedCount > 0) {
      limit = fittingSize(limit, result.deleteMs, { targetMs: DELETE_MS, min: 1, max: batchSize })
    }
    await pause(context, result.busyMs)
  }
}

/** A lock that was waited for in vain may be free the next time: that is no failure. */
async function runBatch(
  deletion: Deletion,
  source: BatchSource,
  limit: number,
): Promise<BatchResult | Exclude<DeletionEnd, string>> {
  const { clock } = deletion.context
  const startedMs = clock.monotonicMs()
  let deleted: DeletedBatch = NOTHING
  let found: KeyBatch
  let searchMs: number
  try {
    found = await source.next(limit)
    searchMs = clock.monotonicMs() - startedMs
    if (found.keys.length > 0) {
      // Searching has had its share of this turn of the loop; the commit may bring a checkpoint with it.
      await yieldToLoop()
      deleted = await deleteBatch(deletion, found.keys)
    }
  } catch (error) {
    if (isStoreError(error) && error.code === 'BUSY') return { status: 'blocked', reason: `BUSY: ${error.message}` }
    throw error
  }
  await tell(deletion, deleted)
  const { ids, deleteMs, heldMs } = deleted
  const isStuck = source.forgets && found.hasMore && ids.length === 0
  return { isLast: !found.hasMore, isStuck, deletedCount: ids.length, deleteMs, busyMs: searchMs + heldMs }
}

interface DeletedBatch {
  readonly ids: readonly unknown[]
  readonly kept: number | bigint | undefined
  readonly deleteMs: number
  readonly heldMs: number
}

const NOTHING: DeletedBatch = { ids: [], kept: undefined, deleteMs: 0, heldMs: 0 }

/** What has changed since it was found, so that it is not to go any more, stays. */
async function deleteBatch(
  { context, selection, delivery }: Deletion,
  keys: readonly unknown[],
): Promise<DeletedBatch> {
  const { clock, signal, store } = context
  let begunMs = 0
  const work = async (tx: StoreTransaction<any>): Promise<Omit<DeletedBatch, 'heldMs'>> => {
    begunMs = clock.monotonicMs()
    const rows: readonly SelectedRow[] = await tx
      .deleteFrom(selection.table)
      .where(selection.key, 'in', keyList(keys))
      .where((eb) => selection.condition(eb))
      .returning(selection.key)
      .execute()
    const deleteMs = clock.monotonicMs() - begunMs
    const ids = rows.map((row) => row[selection.key])
    return { ids, deleteMs, kept: ids.length === 0 ? undefined : await delivery?.keep(tx, ids) }
  }
  const deleted = await store.transaction(work, { signal, retry: { attempts: ATTEMPTS } })
  return { ...deleted, heldMs: clock.monotonicMs() - begunMs }
}

async function tell(deletion: Deletion, { ids, kept }: DeletedBatch): Promise<void> {
  if (ids.length === 0) return
  const { context, delivery } = deletion
  deletion.deletedRowCount += ids.length
  context.count('deletedRowCount', ids.length)
  context.count('batchCount', 1)
  context.progress(deletion.deletedRowCount, undefined)
  if (kept !== undefined) await delivery?.deliver(kept, ids)
}

async function pause({ clock, signal }: TaskContext<any>, tookMs: number): Promise<void> {
  await yieldToLoop()
  if (tookMs > 0) await delay(clock, tookMs, signal, (aborted) => abortError(aborted, 'retention'))
}
