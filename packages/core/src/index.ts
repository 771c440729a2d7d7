/** @upkeep/core: the contract, and what makes any backend into a Store. Runtime-neutral. */
export { systemClock } from './abort/system-clock.ts'
export { type WithDeadlineOptions, withDeadline } from './abort/with-deadline.ts'
export type * from './contract/backend.ts'
export type * from './contract/backup.ts'
export type { Capabilities } from './contract/capabilities.ts'
export type * from './contract/change.ts'
export type { Clock } from './contract/clock.ts'
export type { Context } from './contract/context.ts'
export type * from './contract/health.ts'
export type * from './contract/log.ts'
export type {
  MaintenanceContext,
  MaintenanceMode,
  MaintenanceOutcome,
  MaintenancePlan,
  MaintenanceProgress,
  MaintenanceReport,
  MaintenanceRunPlan,
  MaintenanceStepReport,
  MaintenanceTableReport,
} from './contract/maintenance.ts'
export { MAINTENANCE_STEPS, type MaintenanceStepName } from './contract/maintenance-steps.ts'
export type * from './contract/migration.ts'
export type * from './contract/reports.ts'
export type * from './contract/service.ts'
export type * from './contract/slow-query.ts'
export type * from './contract/stats.ts'
export type * from './contract/step-status.ts'
export type * from './contract/store.ts'
export type * from './contract/task.ts'
export type * from './contract/timeouts.ts'
export type * from './contract/transaction.ts'
export { type ConstraintKind, isRetryableCode, STORE_ERROR_CODES, type StoreErrorCode } from './errors/error-code.ts'
export { errorLabel } from './errors/error-label.ts'
export {
  deserializeStoreError,
  invalidArgument,
  isStoreError,
  type SerializedStoreError,
  StoreError,
  type StoreErrorOptions,
  serializeStoreError,
} from './errors/store-error.ts'
export { SessionDriver, type TransactionObserver } from './kysely/session-driver.ts'
export { MAINTENANCE_DEFAULTS, maintenanceStepsOf } from './maintenance/maintenance-options.ts'
export { MIGRATION_DEFAULTS } from './migrate/migration-options.ts'
export { BACKUP_DEFAULTS, type ResolvedBackupOptions } from './open/backup-options.ts'
export {
  assertFunctionOption,
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  assertWholeOption,
  givenOptions,
} from './open/check-options.ts'
export { CLOSE_DEFAULTS } from './open/close-options.ts'
export { HEALTH_DEFAULTS, HEALTH_LIMITS, type ResolvedHealthOptions } from './open/health-options.ts'
export { type OpenStoreOptions, openBackendStore, openStore } from './open/open-store.ts'
export { type ResolvedSlowQueryOptions, SLOW_QUERY_DEFAULTS } from './open/slow-query-options.ts'
export { resolveStoreLog } from './open/store-log.ts'
export {
  type ResolvedStoreOptions,
  resolveStoreOptions,
  STORE_OPTION_NAMES,
  type StoreOptions,
  splitStoreOptions,
} from './open/store-options.ts'
export { parseStoreUrl, type StoreUrl, storeUrlScheme } from './open/store-url.ts'
export { type ResolvedTimeouts, TIMEOUT_DEFAULTS } from './open/timeout-options.ts'
export { type DeleteOlderThanOptions, deleteOlderThan } from './retention/delete-older-than.ts'
export { type DeleteWhereOptions, deleteWhere } from './retention/delete-where.ts'
export type { Duration } from './retention/duration.ts'
export { type KeepLatestOptions, keepLatest } from './retention/keep-latest.ts'
export { OUTBOX_TABLE } from './retention/outbox.ts'
export { type Retention, retention } from './retention/retention.ts'
export { RETENTION_DEFAULTS, type RetentionOptions } from './retention/retention-options.ts'
export type { StoredTime } from './retention/row-age.ts'
export type { ColumnName, ColumnValue, Needs, TableName } from './retention/schema-types.ts'
export { type TaskOptions, task } from './retention/task.ts'
export { createMaintenanceService } from './service/maintenance-service.ts'
export {
  type CheckpointLoopOptions,
  type CronScheduleOptions,
  MAINTENANCE_SERVICE_DEFAULTS,
  type MaintenanceServiceOptions,
} from './service/service-options.ts'
export { createEngineStore } from './store/engine-store.ts'
export { type ColumnDefaults, columnDefaults } from './values/column-defaults.ts'
export { type ColumnTypes, columnTypes } from './values/column-types.ts'
export { decode } from './values/decode-plugin.ts'
export { JsonValue, json } from './values/json-value.ts'
export { DECODERS, type Decoder, VALUE_KINDS, type ValueKind } from './values/value-kind.ts'
