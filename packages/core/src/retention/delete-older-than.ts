/** `deleteOlderThan()`: a task that deletes rows by their age. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { MaintenanceTask } from '../contract/task.ts'
import { assertFunctionOption, assertOneOf } from '../open/check-options.ts'
import { type Duration, durationMs } from './duration.ts'
import { assertSqlName, type RetentionOptions, resolveRetention } from './retention-options.ts'
import { createRetentionTask } from './retention-task.ts'
import { cutoffBefore, STORED_TIMES, type StoredTime } from './row-age.ts'
import type { ColumnName, Needs, TableName } from './schema-types.ts'

/** Options of {@link deleteOlderThan}. */
export interface DeleteOlderThanOptions<DB, Table extends string, Column extends string, Key extends string>
  extends RetentionOptions<DB, Table, Key> {
  /** When the row was made, used, sent: what its age is counted from. */
  readonly column: Column
  /** Rows that are older are deleted. */
  readonly maxAge: Duration
  /** What a row has to fulfil too. @default none */
  readonly where?: ((eb: ExpressionBuilder<DB, Table & keyof DB>) => Expression<SqlBool>) | undefined
  /** `column` where it has an index, which then leads to the rows; `key` goes once through the table. @default 'key' */
  readonly scan?: 'key' | 'column' | undefined
  /** How the column holds the time: as the store writes a `Date`, or as a number since 1970. @default 'instant' */
  readonly storedAs?: StoredTime | undefined
}

const OWN_NAMES = ['column', 'maxAge', 'where', 'scan', 'storedAs']
const OPERATION = 'deleteOlderThan'

/**
 * Deletes rows that are older than `maxAge`, by the store's clock at the begin of the run. Rows without an age (NULL, or
 * no time at all) and rows without a key stay. Counts `deletedRowCount` and `batchCount`, and with `onDeleted`
 * `callbackCount`, `retryCount`, `redeliveredRowCount`, `reinsertedRowCount`.
 *
 * @throws INVALID_ARGUMENT
 */
export function deleteOlderThan<
  DB,
  Table extends TableName<DB>,
  Column extends ColumnName<DB, Table>,
  Key extends ColumnName<DB, Table> | 'id' = 'id',
>(
  options: DeleteOlderThanOptions<DB, Table, Column, Key>,
): MaintenanceTask<Needs<DB, NoInfer<Table>, NoInfer<Column | Key>>> {
  const name = (): string => `${OPERATION} ${options.table}.${options.column}`
  const resolved = resolveRetention(options, OPERATION, name, OWN_NAMES)
  const { where, scan = 'key', storedAs = 'instant' } = options
  const column: string = options.column
  assertSqlName(column, 'column', OPERATION)
  assertFunctionOption(where, `${OPERATION}: where`)
  assertOneOf(scan, `${OPERATION}: scan`, ['key', 'column'])
  assertOneOf(storedAs, `${OPERATION}: storedAs`, STORED_TIMES)
  const maxAgeMs = durationMs(options.maxAge, 'maxAge', OPERATION)
  return createRetentionTask(resolved, {
    scanColumn: scan === 'column' ? column : undefined,
    select({ clock }) {
      const cutoff = cutoffBefore(clock.now(), maxAgeMs, storedAs, `${resolved.table}.${column}`)
      return {
        ageColumn: column,
        condition: (eb) => eb.and([eb(column, '<', cutoff.bound), ...(where === undefined ? [] : [where(eb)])]),
        isDue: (row) => cutoff.isAfter(row[column]),
      }
    },
  })
}
