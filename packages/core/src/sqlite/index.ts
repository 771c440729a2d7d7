/** @upkeep/core/sqlite: what all SQLite backends share, over a small synchronous port. */
export type { Channel } from '../remote/channel.ts'
export { StopWord } from '../remote/stop-word.ts'
export { assertDatabaseName } from './database-name.ts'
export type { ExecutorPoolOptions, SqliteExecutor, SqliteExecutors } from './executors/executor.ts'
export { type SqliteHostOptions, serveSqlite } from './executors/sqlite-host.ts'
export { SqliteTaskRunner } from './maintenance/task-runner.ts'
export type * from './port.ts'
export type { JournalKind } from './pragmas.ts'
export { ConcurrentSqliteAdapter } from './sqlite-adapter.ts'
export { openSqliteEngine } from './sqlite-engine.ts'
export type { OnReplaced, SqliteEngineOptions } from './sqlite-engine-options.ts'
export { sqliteResultCodeName } from './sqlite-errors.ts'
export {
  type ResolvedSqliteOptions,
  resolveSqliteOptions,
  SQLITE_DEFAULTS,
  SQLITE_OPTION_NAMES,
  type SqliteOptions,
  sqliteOptionsFromUrl,
} from './sqlite-options.ts'
