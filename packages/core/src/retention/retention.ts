/** `retention()`: the functions that make tasks, for one schema. */
import type { MaintenanceTask } from '../contract/task.ts'
import { type DeleteOlderThanOptions, deleteOlderThan } from './delete-older-than.ts'
import { type DeleteWhereOptions, deleteWhere } from './delete-where.ts'
import { type KeepLatestOptions, keepLatest } from './keep-latest.ts'
import type { ColumnName, Needs, TableName } from './schema-types.ts'
import { type TaskOptions, task } from './task.ts'

/** The functions that make tasks, with the names of a schema. */
export interface Retention<DB> {
  /** See `deleteOlderThan`. */
  deleteOlderThan<
    Table extends TableName<DB>,
    Column extends ColumnName<DB, Table>,
    Key extends ColumnName<DB, Table> | 'id' = 'id',
  >(options: DeleteOlderThanOptions<DB, Table, Column, Key>): MaintenanceTask<Needs<DB, Table, Column | Key>>
  /** See `deleteWhere`. */
  deleteWhere<Table extends TableName<DB>, Key extends ColumnName<DB, Table> | 'id' = 'id'>(
    options: DeleteWhereOptions<DB, Table, Key>,
  ): MaintenanceTask<Needs<DB, Table, Key>>
  /** See `keepLatest`. */
  keepLatest<
    Table extends TableName<DB>,
    Order extends ColumnName<DB, Table>,
    Group extends ColumnName<DB, Table> = never,
    Column extends ColumnName<DB, Table> = never,
    Key extends ColumnName<DB, Table> | 'id' = 'id',
  >(
    options: KeepLatestOptions<DB, Table, Order, Group, Column, Key>,
  ): MaintenanceTask<Needs<DB, Table, Order | Group | Column | Key>>
  /** See `task`. */
  task(options: TaskOptions<DB>): MaintenanceTask<DB>
}

const FUNCTIONS = Object.freeze({ deleteOlderThan, deleteWhere, keepLatest, task })

/**
 * The functions with the schema given once: `const { deleteOlderThan } = retention<Schema>()`. For tasks that are made where
 * the compiler does not know the schema from the context: outside of a call, and in the options of
 * `createMaintenanceService` without its type argument (`createMaintenanceService<Schema>({ … })` knows it). There the
 * functions themselves take any names, which are checked against the store's; the ids of `onDeleted` are `unknown`, and
 * conditions cannot name a column.
 */
export function retention<DB>(): Retention<DB> {
  return FUNCTIONS as Retention<DB>
}
