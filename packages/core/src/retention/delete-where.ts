/** `deleteWhere()`: a task that deletes the rows that fulfil a condition. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { MaintenanceTask } from '../contract/task.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { type RetentionOptions, resolveRetention } from './retention-options.ts'
import { createRetentionTask } from './retention-task.ts'
import type { ColumnName, Needs, TableName } from './schema-types.ts'

/** Options of {@link deleteWhere}. */
export interface DeleteWhereOptions<DB, Table extends string, Key extends string>
  extends RetentionOptions<DB, Table, Key> {
  /** Which rows are deleted; asked for each batch anew. */
  readonly where: (eb: ExpressionBuilder<DB, Table & keyof DB>) => Expression<SqlBool>
}

const OPERATION = 'deleteWhere'

/**
 * Deletes the rows that fulfil `where`; those without a key stay. Two of them on one table need a `name`. Counts as
 * `deleteOlderThan` does.
 *
 * @throws INVALID_ARGUMENT
 */
export function deleteWhere<DB, Table extends TableName<DB>, Key extends ColumnName<DB, Table> | 'id' = 'id'>(
  options: DeleteWhereOptions<DB, Table, Key>,
): MaintenanceTask<Needs<DB, NoInfer<Table>, NoInfer<Key>>> {
  const resolved = resolveRetention(options, OPERATION, () => `${OPERATION} ${options.table}`, ['where'])
  const { where } = options
  if (typeof where !== 'function') throw invalidArgument(`${OPERATION}: where must be a function`, OPERATION)
  return createRetentionTask(resolved, {
    select: () => ({ ageColumn: undefined, condition: (eb) => where(eb), isDue: () => true }),
  })
}
