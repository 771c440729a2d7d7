/**
 * Deletes rows by their keys in a transaction, and what a constraint keeps by halves: down to the rows that it is about.
 * Those stay, and keep no other.
 *
 * The write lock is held for the statement that deletes, which looks at the condition once more, and for the commit.
 */
import type { TaskContext } from '../contract/task.ts'
import type { StoreTransaction } from '../contract/transaction.ts'
import { isStoreError, type StoreError } from '../errors/store-error.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import type { Delivery } from './delivery.ts'
import { keyList, type RowSelection, type SelectedRow } from './row-selection.ts'

/** Where writers do not wait for each other they collide: then the same is done again. */
const ATTEMPTS = 3
/** So many rows that are refused are no exception: the run ends there, and the next one goes on behind them. */
const MAX_REFUSED_ROWS = 1000

/** A deletion under way. */
export interface Deletion {
  readonly context: TaskContext<any>
  readonly selection: RowSelection
  /** Rows in a transaction at most. */
  readonly batchSize: number
  readonly delivery: Delivery | undefined
  /** Rows that this run has deleted. */
  deletedRowCount: number
  /** Rows that a constraint or a trigger has kept, and what the first of them was refused with. */
  refused: { readonly rowCount: number; readonly error: StoreError } | undefined
}

/** What came of some keys. */
export interface DeletedKeys {
  readonly deletedCount: number
  /** What the statements that delete have taken. */
  readonly deleteMs: number
  /** That, with the commits; without the waiting for the lock. */
  readonly heldMs: number
}

/** Nothing yet. */
export const NOTHING_DELETED: DeletedKeys = { deletedCount: 0, deleteMs: 0, heldMs: 0 }

/**
 * Answers the error of a lock that was waited for in vain, and without `halves` that of a constraint too.
 *
 * @throws what the task has failed with
 */
export async function deleteKeys(
  deletion: Deletion,
  keys: readonly unknown[],
  halves: boolean,
): Promise<DeletedKeys | StoreError> {
  let total = NOTHING_DELETED
  const pieces = [keys]
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    const batch = await tryBatch(deletion, piece)
    if (isStoreError(batch)) {
      if (batch.code === 'BUSY' || !halves) return batch
      const middle = Math.ceil(piece.length / 2)
      if (piece.length === 1) refuse(deletion, batch)
      else pieces.push(piece.slice(middle), piece.slice(0, middle))
      await yieldToLoop()
      continue
    }
    const { ids, deleteMs, heldMs } = batch
    total = {
      deletedCount: total.deletedCount + ids.length,
      deleteMs: total.deleteMs + deleteMs,
      heldMs: total.heldMs + heldMs,
    }
    await tell(deletion, batch)
  }
  return total
}

interface DeletedBatch {
  readonly ids: readonly unknown[]
  readonly kept: number | bigint | undefined
  readonly deleteMs: number
  readonly heldMs: number
}

async function tryBatch(deletion: Deletion, keys: readonly unknown[]): Promise<DeletedBatch | StoreError> {
  try {
    return await deleteBatch(deletion, keys)
  } catch (error) {
    if (isStoreError(error) && (error.code === 'BUSY' || error.code === 'CONSTRAINT')) return error
    throw error
  }
}

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

function refuse(deletion: Deletion, error: StoreError): void {
  const { rowCount = 0, error: first = error } = deletion.refused ?? {}
  deletion.refused = { rowCount: rowCount + 1, error: first }
  deletion.context.count('refusedRowCount', 1)
}

/** @throws what the first row was refused with, if `isEnd` or if there are too many of them */
export function assertNotRefused({ refused }: Deletion, isEnd: boolean): void {
  if (refused !== undefined && (isEnd || refused.rowCount >= MAX_REFUSED_ROWS)) throw refused.error
}
