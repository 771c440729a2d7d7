/** @upkeep/postgres: Postgres through pg. */

export type { PostgresMaintenanceOptions } from './maintenance/maintenance-options.ts'
export { openPostgresStore, type PostgresStoreOptions, postgres } from './postgres.ts'
export { UpkeepPostgresDialect, type UpkeepPostgresDialectOptions } from './postgres-dialect.ts'
export { POOL_DEFAULTS, POSTGRES_DEFAULTS, type PoolOptions, type PostgresOptions } from './postgres-options.ts'
export type { TargetOptions } from './postgres-target.ts'
export type { SslMode, TlsOptions } from './tls-options.ts'
