/** The options of the Postgres backend, checked. */
import {
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  assertWholeOption,
  givenOptions,
  invalidArgument,
} from '@upkeep/core'
import {
  POSTGRES_MAINTENANCE_DEFAULTS,
  type PostgresMaintenanceOptions,
  type ResolvedPostgresMaintenance,
  resolvePostgresMaintenance,
} from './maintenance/maintenance-options.ts'
import { resolveTls, type SslMode, type TlsOptions } from './tls-options.ts'

/** How many connections there are, and for how long. */
export interface PoolOptions {
  /** Connections that are kept open once they are. @default 0 */
  readonly min?: number | undefined
  /** Connections at the same time; the next one queues. @default 10 */
  readonly max?: number | undefined
  /** In milliseconds: how long a connection beyond `min` stays open with nothing to do. @default 60000 */
  readonly idleTimeoutMs?: number | undefined
  /**
   * In milliseconds: how old a connection becomes before another takes its place, so that a cluster behind one name is
   * used evenly; `false` for no limit. Up to a tenth is taken off at random. @default 1800000 (30 minutes)
   */
  readonly maxLifetimeMs?: number | false | undefined
  /** In milliseconds: how long a connection is waited for; then it is `BUSY`. 0 fails at once. @default 5000 */
  readonly acquireTimeoutMs?: number | undefined
  /** Opens `min` connections while the store is opened, and not when they are needed. @default false */
  readonly warm?: boolean | undefined
}

/** What the Postgres backend takes besides where the server is. */
export interface PostgresOptions extends TlsOptions {
  /** Connections. @default see {@link PoolOptions} */
  readonly pool?: PoolOptions | undefined
  /**
   * Refuses every write, `maintenance()` included. Source:
   * https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DEFAULT-TRANSACTION-READ-ONLY
   * @default false
   */
  readonly readOnly?: boolean | undefined
  /**
   * The schema that names without one are looked up in, and created in: `search_path`. @default the server's own
   */
  readonly schema?: string | undefined
  /** What `pg_stat_activity` calls us. @default 'upkeep' */
  readonly applicationName?: string | undefined
  /** In milliseconds: how long connecting may take, TLS and sign-on included; then it is `TIMEOUT`. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /**
   * In milliseconds: how long BEGIN, COMMIT, ROLLBACK and savepoints may take, and what the store asks for itself. A
   * COMMIT that is not answered by then is `OUTCOME_UNKNOWN`. Statements have the `timeouts` of the store.
   * @default 30000
   */
  readonly controlTimeoutMs?: number | undefined
  /**
   * In milliseconds: how long a statement waits for a lock; then it is `BUSY`. `false` for as long as the statement may
   * run. Source: https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
   * @default 5000
   */
  readonly lockTimeoutMs?: number | false | undefined
  /**
   * In milliseconds: how long a transaction may do nothing; then the server rolls it back, with `TIMEOUT`. `false` for no
   * limit. @default 60000
   */
  readonly idleInTransactionTimeoutMs?: number | false | undefined
  /** In milliseconds: how long a statement that was told to stop is given, until its connection is cut. @default 2000 */
  readonly cancelTimeoutMs?: number | undefined
  /** Prepared statements kept per connection, each in the memory of the server too. @default 250 */
  readonly statementCacheSize?: number | undefined
  /** What maintenance may do unasked, and where. @default see {@link PostgresMaintenanceOptions} */
  readonly maintenance?: PostgresMaintenanceOptions | undefined
}

/** {@link PoolOptions} with their defaults. */
export type ResolvedPoolOptions = { readonly [K in keyof PoolOptions]-?: Exclude<PoolOptions[K], undefined> }

/** {@link PostgresOptions} with their defaults. */
export interface ResolvedPostgresOptions {
  readonly pool: ResolvedPoolOptions
  readonly readOnly: boolean
  readonly schema: string | undefined
  readonly applicationName: string
  readonly connectTimeoutMs: number
  readonly controlTimeoutMs: number
  readonly lockTimeoutMs: number | false
  readonly idleInTransactionTimeoutMs: number | false
  readonly cancelTimeoutMs: number
  readonly statementCacheSize: number
  readonly maintenance: ResolvedPostgresMaintenance
  readonly sslMode: SslMode
  /** What TLS is made with, where it is. */
  readonly tls: object
}

/** The defaults of {@link PoolOptions}. */
export const POOL_DEFAULTS: ResolvedPoolOptions = {
  min: 0,
  max: 10,
  idleTimeoutMs: 60_000,
  maxLifetimeMs: 1_800_000,
  acquireTimeoutMs: 5000,
  warm: false,
}

/** The defaults of {@link PostgresOptions}, but for TLS. */
export const POSTGRES_DEFAULTS: Omit<ResolvedPostgresOptions, 'sslMode' | 'tls'> = {
  pool: POOL_DEFAULTS,
  readOnly: false,
  schema: undefined,
  applicationName: 'upkeep',
  connectTimeoutMs: 10_000,
  controlTimeoutMs: 30_000,
  lockTimeoutMs: 5000,
  idleInTransactionTimeoutMs: 60_000,
  cancelTimeoutMs: 2000,
  statementCacheSize: 250,
  maintenance: POSTGRES_MAINTENANCE_DEFAULTS,
}

/** The names of {@link PostgresOptions}. */
export const POSTGRES_OPTION_NAMES: readonly (keyof PostgresOptions)[] = [
  'pool',
  'readOnly',
  'schema',
  'applicationName',
  'connectTimeoutMs',
  'controlTimeoutMs',
  'lockTimeoutMs',
  'idleInTransactionTimeoutMs',
  'cancelTimeoutMs',
  'statementCacheSize',
  'maintenance',
  'sslMode',
  'ca',
  'cert',
  'key',
]

/** What a timer can wait. */
const MAX_MS = 2 ** 31 - 1

/** Checks the options and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolvePostgresOptions(options: PostgresOptions, operation: string): ResolvedPostgresOptions {
  assertKnownOptions(options, POSTGRES_OPTION_NAMES, operation)
  const { sslMode, ca, cert, key, pool = {}, maintenance, ...given } = givenOptions(options)
  const resolved = {
    ...POSTGRES_DEFAULTS,
    ...(given as Partial<ResolvedPostgresOptions>),
    pool: resolvePool(pool, operation),
    maintenance: resolvePostgresMaintenance(maintenance),
  }
  assertOneOf(resolved.readOnly, 'readOnly', [true, false])
  assertName(resolved.schema, 'schema')
  assertName(resolved.applicationName, 'applicationName')
  assertWholeOption(resolved.connectTimeoutMs, 'connectTimeoutMs', 1, MAX_MS)
  assertWholeOption(resolved.controlTimeoutMs, 'controlTimeoutMs', 1, MAX_MS)
  assertLimit(resolved.lockTimeoutMs, 'lockTimeoutMs')
  assertLimit(resolved.idleInTransactionTimeoutMs, 'idleInTransactionTimeoutMs')
  assertWholeOption(resolved.cancelTimeoutMs, 'cancelTimeoutMs', 1, MAX_MS)
  assertWholeOption(resolved.statementCacheSize, 'statementCacheSize', 1, 100_000)
  return { ...resolved, ...resolveTls({ sslMode, ca, cert, key }) }
}

function resolvePool(pool: PoolOptions, operation: string): ResolvedPoolOptions {
  assertKnownOptions(pool, Object.keys(POOL_DEFAULTS), `${operation} pool`)
  const resolved = { ...POOL_DEFAULTS, ...givenOptions(pool) } as ResolvedPoolOptions
  assertWholeOption(resolved.max, 'pool.max', 1, 10_000)
  assertWholeOption(resolved.min, 'pool.min', 0, resolved.max)
  assertWholeOption(resolved.idleTimeoutMs, 'pool.idleTimeoutMs', 1, MAX_MS)
  assertLimit(resolved.maxLifetimeMs, 'pool.maxLifetimeMs')
  assertWholeOption(resolved.acquireTimeoutMs, 'pool.acquireTimeoutMs', 0, MAX_MS)
  assertOneOf(resolved.warm, 'pool.warm', [true, false])
  return resolved
}

function assertLimit(value: unknown, name: string): void {
  if (value !== false) assertNumberOption(value, name, 1, MAX_MS)
}

function assertName(value: unknown, name: string): void {
  if (value === undefined) return
  if (typeof value !== 'string' || value === '' || value.includes('\0') || Buffer.byteLength(value) > 63) {
    throw invalidArgument(`${name} must be a name of 1 to 63 bytes`, 'options')
  }
}
