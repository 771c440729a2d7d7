/**
 * Column defaults that are the same on every backend, for migrations that get nothing but `db`.
 *
 * Numbers and texts need none of these: Kysely's own `defaultTo(0)` and `defaultTo('new')` are portable.
 */
import { type Kysely, PostgresAdapter, type RawBuilder, SqliteAdapter, sql } from 'kysely'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { JsonValue } from './json-value.ts'

/** Raw defaults for `defaultTo`, by what they give. */
export interface ColumnDefaults {
  /**
   * The time of the insert, for a column of kind instant: as a `Date` that was bound, with milliseconds, and it compares
   * and sorts with those. On Postgres it is that of the transaction. SQLite takes it in `createTable`, and in
   * `alterTable().addColumn()` only while the table is empty.
   * Source: https://www.sqlite.org/lang_altertable.html#altertabaddcol
   */
  readonly now: RawBuilder<Date>
  /** For a column of kind boolean. */
  boolean(value: boolean): RawBuilder<boolean>
  /** For a column of kind json. @throws INVALID_ARGUMENT for what cannot be written as JSON */
  json<T>(value: T): RawBuilder<T>
}

const SQLITE_DEFAULTS: ColumnDefaults = {
  // In the format that a Date is bound in, or the two would not sort as texts.
  now: sql<Date>`(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`,
  boolean: (value) => sql.raw(value ? '1' : '0'),
  json: <T>(value: T) => sql<T>`${sql.lit(jsonText(value))}`,
}

const POSTGRES_DEFAULTS: ColumnDefaults = {
  now: sql<Date>`now()`,
  boolean: (value) => sql.raw(value ? 'true' : 'false'),
  json: <T>(value: T) => sql<T>`${sql.lit(jsonText(value))}::jsonb`,
}

/**
 * The defaults of the engine behind `db`: `addColumn('at', types.instant, (c) => c.defaultTo(columnDefaults(db).now))`.
 *
 * @throws UNSUPPORTED for an engine that is neither SQLite nor Postgres
 */
export function columnDefaults(db: Kysely<any>): ColumnDefaults {
  const { adapter } = db.getExecutor()
  if (adapter instanceof SqliteAdapter) return SQLITE_DEFAULTS
  if (adapter instanceof PostgresAdapter) return POSTGRES_DEFAULTS
  throw new StoreError('UNSUPPORTED', 'columnDefaults knows SQLite and Postgres only', { operation: 'columnDefaults' })
}

function jsonText(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value instanceof JsonValue ? value.value : value)
  } catch {
    // A cycle or a bigint: told below, without the value that the error would name.
  }
  if (text === undefined)
    throw invalidArgument('a default of kind json must be a value that JSON has', 'columnDefaults')
  return text
}
