/** What all retention tasks have in common: options, their defaults, how they are checked. */
import { type ResolvedRetry, resolveRetry } from '../abort/backoff.ts'
import type { RetryOptions } from '../contract/transaction.ts'
import { invalidArgument } from '../errors/store-error.ts'
import {
  assertFunctionOption,
  assertKnownOptions,
  assertNumberOption,
  assertWholeOption,
  givenOptions,
} from '../open/check-options.ts'
import type { DeliveryOptions } from './delivery.ts'
import type { ColumnValue } from './schema-types.ts'

/** Options of every retention task. */
export interface RetentionOptions<DB, Table extends string, Key extends string> {
  /** Whose rows are deleted. */
  readonly table: Table
  /** The column that names a row: its primary key, or another one that is unique and indexed. @default 'id' */
  readonly key?: Key | undefined
  /** Rows in a transaction at most, from 1 to 1000; fewer where they take long. @default 100 */
  readonly batchSize?: number | undefined
  /**
   * Told which rows are gone, after their transaction was committed: for files, a search engine, an index of vectors.
   * Every id at least once, also if the process dies between; so it has to bear being told twice. Ids that are in the
   * table again are left out. The next batch waits for it. Where it fails for good the task fails, and the next run
   * begins with what was not told. Rows that a trigger or a foreign key deletes along with them are not told.
   * @default none
   */
  onDeleted?(
    ids: readonly ColumnValue<DB, Table, Key>[],
    ctx: { readonly signal: AbortSignal },
  ): Promise<unknown> | void
  /** In milliseconds: an `onDeleted` that has not settled by then has failed, and its signal aborts. @default 30000 */
  readonly callbackTimeoutMs?: number | undefined
  /** How often `onDeleted` is tried. @default { attempts: 5, backoffMs: 200, maxBackoffMs: 10000 } */
  readonly retry?: RetryOptions | undefined
  /**
   * Names the task in reports, and its ids that wait for `onDeleted`: under another name they are not found.
   * @default the function and what it works on, e.g. `deleteOlderThan event.at`
   */
  readonly name?: string | undefined
  /** In milliseconds; see `MaintenanceTask.timeoutMs`. @default 3600000 */
  readonly timeoutMs?: number | undefined
}

/** The defaults of {@link RetentionOptions}. */
export const RETENTION_DEFAULTS = {
  key: 'id',
  batchSize: 100,
  callbackTimeoutMs: 30_000,
  retry: { attempts: 5, backoffMs: 200, maxBackoffMs: 10_000 },
  timeoutMs: 3_600_000,
} as const

/** The names of {@link RetentionOptions}. */
export const RETENTION_OPTION_NAMES = [
  'table',
  'key',
  'batchSize',
  'onDeleted',
  'callbackTimeoutMs',
  'retry',
  'name',
  'timeoutMs',
] as const

/** {@link RetentionOptions} with their defaults. */
export interface ResolvedRetention {
  readonly name: string
  readonly table: string
  readonly key: string
  readonly batchSize: number
  readonly timeoutMs: number
  /** `undefined` without a callback. */
  readonly delivery: DeliveryOptions | undefined
}

type AnyOptions = RetentionOptions<any, string, string>
type GivenOptions = { readonly [Name in keyof AnyOptions]: Exclude<AnyOptions[Name], undefined> }

/** `operation` is the function that makes the task. @throws INVALID_ARGUMENT */
export function resolveRetention(
  given: AnyOptions,
  operation: string,
  defaultName: () => string,
  ownNames: readonly string[],
): ResolvedRetention {
  assertKnownOptions(given, [...RETENTION_OPTION_NAMES, ...ownNames], operation)
  const options = { ...RETENTION_DEFAULTS, ...(givenOptions(given) as GivenOptions) }
  const { table, key, batchSize, callbackTimeoutMs, timeoutMs } = options
  assertSqlName(table, 'table', operation)
  assertSqlName(key, 'key', operation)
  assertWholeOption(batchSize, `${operation}: batchSize`, 1, 1000)
  assertFunctionOption(given.onDeleted, `${operation}: onDeleted`)
  assertNumberOption(callbackTimeoutMs, `${operation}: callbackTimeoutMs`, 1)
  assertNumberOption(timeoutMs, `${operation}: timeoutMs`, 1)
  const retry: ResolvedRetry = resolveRetry(given.retry, RETENTION_DEFAULTS.retry, operation)
  const name = given.name ?? defaultName()
  assertTaskName(name, operation)
  // Called as a method: it may be one.
  const delivery = given.onDeleted && {
    name,
    table,
    key,
    callbackTimeoutMs,
    retry,
    onDeleted: given.onDeleted.bind(given),
  }
  return Object.freeze({ name, table, key, batchSize, timeoutMs, delivery })
}

/** The name of a table or column, as Kysely takes it. @throws INVALID_ARGUMENT */
export function assertSqlName(name: unknown, option: string, operation: string): void {
  if (typeof name !== 'string' || name.trim() === '') {
    throw invalidArgument(`${operation}: ${option} must be a name`, operation)
  }
  if (name.includes(' as ')) throw invalidArgument(`${operation}: ${option} must be a name without an alias`, operation)
}

/** @throws INVALID_ARGUMENT */
export function assertTaskName(name: unknown, operation: string): void {
  if (typeof name !== 'string' || name === '') throw invalidArgument(`${operation}: name must not be empty`, operation)
}
