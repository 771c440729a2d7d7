/**
 * Makes a task of options and of what is to go: what waits for `onDeleted` first, then a pass through the table.
 *
 * A pass that the budget, an abort or a lock has ended is taken up where it was by the next run of the same task on the
 * same store, and goes round: with a short budget and a large table, all of it has its turn. That is remembered in this
 * process only.
 */
import type { MaintenanceTask, TaskContext, TaskResult, TaskStore } from '../contract/task.ts'
import { ColumnHead } from './column-head.ts'
import type { Deletion } from './delete-batch.ts'
import { deleteRows } from './delete-rows.ts'
import { Delivery } from './delivery.ts'
import { KeyPages, type KeyPosition } from './key-pages.ts'
import type { ResolvedRetention } from './retention-options.ts'
import type { RowSelection } from './row-selection.ts'

/** What of a row decides; the rest is in {@link ResolvedRetention}. */
export type Selector = Omit<RowSelection, 'table' | 'key'>

/** How rows are found. */
export interface RetentionPlan {
  /** Asked at the begin of each run. */
  select(context: TaskContext<any>): Selector
  /** The column whose index leads to the rows; else the whole table is gone through. */
  readonly scanColumn?: string | undefined
}

/** A task that deletes what `plan` selects. */
export function createRetentionTask(options: ResolvedRetention, plan: RetentionPlan): MaintenanceTask<any> {
  const positions = new WeakMap<TaskStore<any>, KeyPosition>()
  const { name, timeoutMs, table, key, batchSize } = options

  async function deleteAll(context: TaskContext<any>, delivery: Delivery | undefined): Promise<TaskResult> {
    const selection: RowSelection = { table, key, ...plan.select(context) }
    const deletion: Deletion = { context, selection, batchSize, delivery, deletedRowCount: 0, refused: undefined }
    if (plan.scanColumn !== undefined) {
      const end = await deleteRows(deletion, new ColumnHead(context, selection, plan.scanColumn))
      if (end === 'end') return {}
      if (end !== 'stuck') return end
    }
    const { store } = context
    const pages = new KeyPages(context, selection, positions.get(store))
    const end = await deleteRows(deletion, pages, () => {
      if (pages.position !== undefined) positions.set(store, pages.position)
    })
    if (typeof end !== 'string') return end
    positions.delete(store)
    return {}
  }

  async function run(context: TaskContext<any>): Promise<TaskResult> {
    const delivery = options.delivery && new Delivery(options.delivery, context)
    await delivery?.deliverPending()
    try {
      return await deleteAll(context, delivery)
    } finally {
      // A store that is closing refuses it: then this batch is told once more, as after a crash.
      await delivery?.acknowledge().catch(() => undefined)
    }
  }

  return Object.freeze({ name, timeoutMs, run })
}
