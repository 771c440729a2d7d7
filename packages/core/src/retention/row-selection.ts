/** Which rows of a table are to go, and where the next of them are found. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'

/** A row as the statements of retention read it: its key, and its age where that is looked at. */
export type SelectedRow = Readonly<Record<string, unknown>>

/** Which rows are to go. */
export interface RowSelection {
  readonly table: string
  /** The column that names a row. */
  readonly key: string
  /** Read with the key, for {@link RowSelection.isDue}. */
  readonly ageColumn: string | undefined
  /** Of the row; `undefined` where all are to go. Part of the statement that deletes, too. */
  condition(eb: ExpressionBuilder<any, any>): Expression<SqlBool>
  /** Looks at a row that the database has found once more. */
  isDue(row: SelectedRow): boolean
}

/** Keys of rows that are to go, and whether there may be more of them. */
export interface KeyBatch {
  readonly keys: readonly unknown[]
  readonly hasMore: boolean
}

/** Finds rows that are to go, bit by bit. */
export interface BatchSource {
  /** Whether it would answer rows again that were not deleted. */
  readonly forgets: boolean
  /** At most `limit` keys; none, with more to come, where a stretch of the table had none. */
  next(limit: number): Promise<KeyBatch>
}

/** The columns that are read of each row. */
export function columnsOf({ key, ageColumn }: RowSelection): readonly string[] {
  return ageColumn === undefined || ageColumn === key ? [key] : [key, ageColumn]
}

/**
 * The keys for an `in (…)`, the last one repeated until there is a power of two of them: each length is a statement of its
 * own, and the engine keeps those prepared.
 */
export function keyList(keys: readonly unknown[]): readonly unknown[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, keys.length)))
  return [...keys, ...Array.from({ length: length - keys.length }, () => keys.at(-1))]
}
