/**
 * Finds the oldest rows by the index on their age, again and again: what it has answered is deleted meanwhile.
 *
 * It has no memory of its own, so rows that are found and not deleted come again; who asks notices and goes another way.
 */
import type { Kysely } from 'kysely'
import type { TaskContext } from '../contract/task.ts'
import { type BatchSource, columnsOf, type KeyBatch, type RowSelection } from './row-selection.ts'

export class ColumnHead implements BatchSource {
  readonly forgets = true
  readonly #context: TaskContext<any>
  readonly #selection: RowSelection
  readonly #column: string

  constructor(context: TaskContext<any>, selection: RowSelection, column: string) {
    this.#context = context
    this.#selection = selection
    this.#column = column
  }

  async next(limit: number): Promise<KeyBatch> {
    const selection = this.#selection
    const db: Kysely<any> = this.#context.store.db
    const rows = await db
      .selectFrom(selection.table)
      .where(selection.key, 'is not', null)
      .where((eb) => selection.condition(eb))
      .select(columnsOf(selection))
      .orderBy(this.#column)
      .limit(limit)
      .execute({ signal: this.#context.signal })
    const due = rows.filter((row) => selection.isDue(row))
    return { keys: due.map((row) => row[selection.key]), hasMore: rows.length >= limit }
  }
}
