/**
 * How the compiler knows tables and columns in the options of tasks.
 *
 * Where the schema is known from the context — `store.maintenance({ tasks: [deleteOlderThan(…)] })`, a variable of type
 * `MaintenanceTask<Schema>[]`, `retention<Schema>()` — names are those of the schema. Where it is not, any name is taken
 * for the moment, and the task says by its type what it needs: the store that it is given to refuses it, as the
 * compiler sees it, if that is not there.
 */
import type { Selectable } from 'kysely'

/** The tables of a schema; any name where the schema is not known. */
export type TableName<DB> = unknown extends DB ? string : keyof DB & string

/** The columns of a table; any name where the schema is not known. */
export type ColumnName<DB, Table> = unknown extends DB
  ? string
  : Table extends keyof DB
    ? keyof DB[Table] & string
    : never

/** What a column reads as; `unknown` where the schema is not known. */
export type ColumnValue<DB, Table, Column> = Table extends keyof DB
  ? Column extends keyof Selectable<DB[Table]>
    ? Selectable<DB[Table]>[Column]
    : unknown
  : unknown

/** A schema that has at least this table with these columns. */
export type Needs<DB, Table extends string, Column extends string> = DB & {
  readonly [table in Table]: { readonly [column in Column]: any }
}
