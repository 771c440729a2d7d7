/** The options of maintenance on Postgres: what it may do unasked, and where. */
import { assertKnownOptions, assertOneOf, assertWholeOption, givenOptions, invalidArgument } from '@upkeep/core'

/** The option `maintenance` of a Postgres store. */
export interface PostgresMaintenanceOptions {
  /**
   * The schemas whose tables are looked after. System schemas cannot be among them. @default those of the search path
   */
  readonly schemas?: readonly string[] | undefined
  /**
   * Lets mode `full` rewrite tables that are mostly empty space by VACUUM FULL. It holds ACCESS EXCLUSIVE: meanwhile
   * nobody reads or writes that table, until somebody has waited for `maxWriteWaitMs`, which ends it.
   * Source: https://www.postgresql.org/docs/current/sql-vacuum.html
   * @default false
   */
  readonly vacuumFull?: 'locks-out-readers-and-writers' | false | undefined
  /**
   * Lets the modes `auto` and `full` build indexes anew with REINDEX CONCURRENTLY: in `auto` those that are invalid or
   * mostly empty space, in `full` all. `steps: ['reindex']` does it unasked by this option.
   * Source: https://www.postgresql.org/docs/current/sql-reindex.html
   * @default false
   */
  readonly reindex?: boolean | undefined
  /**
   * Lets the modes `auto` and `full` ask for a CHECKPOINT, which needs a superuser or `pg_checkpoint` (15 and newer).
   * `steps: ['checkpoint']` does it unasked by this option.
   * Source: https://www.postgresql.org/docs/current/sql-checkpoint.html
   * @default false
   */
  readonly checkpoint?: boolean | undefined
  /** In milliseconds, at least 1: how long a statement of maintenance waits for a lock before it gives up. @default 2000 */
  readonly lockTimeoutMs?: number | undefined
  /**
   * In milliseconds, at least 500: behind a transaction pooler, how long a maintainer that has died keeps others out. It
   * is renewed four times in that time. @default 30000
   */
  readonly leaseMs?: number | undefined
}

/** The defaults of {@link PostgresMaintenanceOptions}. */
export const POSTGRES_MAINTENANCE_DEFAULTS = {
  schemas: undefined,
  vacuumFull: false,
  reindex: false,
  checkpoint: false,
  lockTimeoutMs: 2000,
  leaseMs: 30_000,
} as const

/** {@link PostgresMaintenanceOptions} with its defaults. */
export interface ResolvedPostgresMaintenance {
  readonly schemas: readonly string[] | undefined
  readonly vacuumFull: 'locks-out-readers-and-writers' | false
  readonly reindex: boolean
  readonly checkpoint: boolean
  readonly lockTimeoutMs: number
  readonly leaseMs: number
}

/** @throws INVALID_ARGUMENT */
export function resolvePostgresMaintenance(given: PostgresMaintenanceOptions = {}): ResolvedPostgresMaintenance {
  assertKnownOptions(given, Object.keys(POSTGRES_MAINTENANCE_DEFAULTS), 'maintenance')
  const options = {
    ...POSTGRES_MAINTENANCE_DEFAULTS,
    ...(givenOptions(given) as PostgresMaintenanceOptions),
  } as ResolvedPostgresMaintenance
  assertOneOf(options.vacuumFull, 'maintenance.vacuumFull', ['locks-out-readers-and-writers', false])
  assertOneOf(options.reindex, 'maintenance.reindex', [true, false])
  assertOneOf(options.checkpoint, 'maintenance.checkpoint', [true, false])
  assertWholeOption(options.lockTimeoutMs, 'maintenance.lockTimeoutMs', 1)
  assertWholeOption(options.leaseMs, 'maintenance.leaseMs', 500)
  const { schemas } = options
  if (schemas !== undefined && !(Array.isArray(schemas) && schemas.length > 0 && schemas.every(isSchema)))
    throw invalidArgument('maintenance.schemas must name one schema or more, and no system schema', 'open')
  return options
}

function isSchema(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && !/^(pg_|information_schema$)/.test(name)
}
