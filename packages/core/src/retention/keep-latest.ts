/**
 * `keepLatest()`: a task that keeps the newest rows of each group, and deletes those of the others that are old enough.
 *
 * Whether a row is among the newest is asked of the database, row by row: with an index on the columns of the group and
 * of the order that is a look at `keep` entries, without one a look at the whole table.
 */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { MaintenanceTask } from '../contract/task.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertOneOf, assertWholeOption } from '../open/check-options.ts'
import { type Duration, durationMs } from './duration.ts'
import { assertSqlName, type RetentionOptions, resolveRetention } from './retention-options.ts'
import { createRetentionTask, type Selector } from './retention-task.ts'
import { cutoffBefore, STORED_TIMES, type StoredTime } from './row-age.ts'
import type { ColumnName, Needs, TableName } from './schema-types.ts'

/** Options of {@link keepLatest}. */
export interface KeepLatestOptions<
  DB,
  Table extends string,
  Order extends string,
  Group extends string,
  Column extends string,
  Key extends string,
> extends RetentionOptions<DB, Table, Key> {
  /** Rows with the same values in these columns are a group. @default the whole table is one */
  readonly partitionBy?: Group | readonly Group[] | undefined
  /** The greater, the newer; of equal ones the one with the greater key. */
  readonly orderBy: Order
  /** How many of each group are kept whatever their age; 0 for none. */
  readonly keep: number
  /** Of the others only those that are older are deleted. @default none: all the others */
  readonly olderThan?: Duration | undefined
  /** What the age for `olderThan` is counted from. @default orderBy */
  readonly column?: Column | undefined
  /** How that column holds the time: as the store writes a `Date`, or as a number since 1970. @default 'instant' */
  readonly storedAs?: StoredTime | undefined
}

const OWN_NAMES = ['partitionBy', 'orderBy', 'keep', 'olderThan', 'column', 'storedAs']
const OPERATION = 'keepLatest'
const NEWER = 'upkeep_newer'

type RowCondition = (eb: ExpressionBuilder<any, any>) => Expression<SqlBool>

/**
 * Keeps the `keep` newest rows of each group. Of the others it deletes those that are older than `olderThan`, all of them
 * where that is not given. Rows stay whose group, order, age or key is NULL. Counts as `deleteOlderThan` does.
 *
 * @throws INVALID_ARGUMENT
 */
export function keepLatest<
  DB,
  Table extends TableName<DB>,
  Order extends ColumnName<DB, Table>,
  Group extends ColumnName<DB, Table> = never,
  Column extends ColumnName<DB, Table> = never,
  Key extends ColumnName<DB, Table> | 'id' = 'id',
>(
  options: KeepLatestOptions<DB, Table, Order, Group, Column, Key>,
): MaintenanceTask<Needs<DB, NoInfer<Table>, NoInfer<Order | Group | Column | Key>>> {
  const resolved = resolveRetention(options, OPERATION, () => `${OPERATION} ${options.table}`, OWN_NAMES)
  const { orderBy, keep, partitionBy = [], olderThan, storedAs = 'instant', column: given } = options
  const groups: readonly string[] = typeof partitionBy === 'string' ? [partitionBy] : (partitionBy as readonly Group[])
  if (!Array.isArray(groups)) throw invalidArgument(`${OPERATION}: partitionBy must be columns`, OPERATION)
  for (const group of groups) assertSqlName(group, 'partitionBy', OPERATION)
  const column: string = given ?? orderBy
  assertSqlName(orderBy, 'orderBy', OPERATION)
  assertSqlName(column, 'column', OPERATION)
  assertWholeOption(keep, `${OPERATION}: keep`, 0)
  assertOneOf(storedAs, `${OPERATION}: storedAs`, STORED_TIMES)
  if (olderThan === undefined && (given !== undefined || options.storedAs !== undefined)) {
    throw invalidArgument(
      `${OPERATION}: column and storedAs say how olderThan is counted, which is not given`,
      OPERATION,
    )
  }
  const maxAgeMs = olderThan && durationMs(olderThan, 'olderThan', OPERATION)
  const { table, key } = resolved
  const isSurplus = surplusCondition(table, key, groups, orderBy, keep)
  return createRetentionTask(resolved, {
    select({ clock }): Selector {
      if (maxAgeMs === undefined) return { ageColumn: undefined, condition: isSurplus, isDue: () => true }
      const cutoff = cutoffBefore(clock.now(), maxAgeMs, storedAs, `${table}.${column}`)
      return {
        ageColumn: column,
        condition: (eb) => eb.and([eb(column, '<', cutoff.bound), isSurplus(eb)]),
        isDue: (row) => cutoff.isAfter(row[column]),
      }
    },
  })
}

/** There are as many newer rows in the group of a row as are kept: it is not one of those. */
function surplusCondition(
  table: string,
  key: string,
  groups: readonly string[],
  orderBy: string,
  keep: number,
): RowCondition {
  return (eb) => {
    const known = [...groups, orderBy].map((column) => eb(column, 'is not', null))
    if (keep === 0) return eb.and(known)
    const newer = eb
      .selectFrom(`${table} as ${NEWER}`)
      .select(`${NEWER}.${key}`)
      .where((inner) =>
        inner.and([
          ...groups.map((group) => inner(`${NEWER}.${group}`, '=', inner.ref(`${table}.${group}`))),
          // The first condition is for the index, the second decides between equals.
          inner(`${NEWER}.${orderBy}`, '>=', inner.ref(`${table}.${orderBy}`)),
          inner.or([
            inner(`${NEWER}.${orderBy}`, '>', inner.ref(`${table}.${orderBy}`)),
            inner(`${NEWER}.${key}`, '>', inner.ref(`${table}.${key}`)),
          ]),
        ]),
      )
      .limit(1)
      .offset(keep - 1)
    return eb.exists(newer)
  }
}
