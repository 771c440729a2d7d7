/** @upkeep/core/sqlite: what all SQLite backends share, over a small synchronous port. */
export { type CallStopper, STOPPED } from '../remote/call-signals.ts'
export type { Channel } from '../remote/channel.ts'
export { type HostRuntime, type OwnCall, type OwnCalls, serveEngine } from '../remote/engine-host.ts'
export { HostContext } from '../remote/host-context.ts'
export { RemoteEngine } from '../remote/remote-engine.ts'
export type { RemoteHandle } from '../remote/remote-session.ts'
export { StopWord } from '../remote/stop-word.ts'
export { assertDatabaseName } from './database-name.ts'
export type { ExecutorPoolOptions, SqliteExecutor, SqliteExecutors } from './executors/executor.ts'
export { type SqliteHostOptions, serveSqlite } from './executors/sqlite-host.ts'
export { SqliteTaskRunner } from './maintenance/task-runner.ts'
export type * from './port.ts'
export type { JournalKind } from './pragmas.ts'
export { openRemoteSqlite, type RemoteSqliteOptions } from './remote-sqlite.ts'
export { ConcurrentSqliteAdapter } from './sqlite-adapter.ts'
export { openSqliteEngine } from './sqlite-engine.ts'
export type { OnReplaced, SqliteEngineOptions } from './sqlite-engine-options.ts'
export { classifySqliteError, sqliteResultCodeName } from './sqlite-errors.ts'
export {
  type ResolvedSqliteOptions,
  resolveSqliteOptions,
  SQLITE_DEFAULTS,
  SQLITE_OPTION_NAMES,
  type SqliteOptions,
  sqliteOptionsFromUrl,
} from './sqlite-options.ts'
export type { StatementStopper } from './statement-stopper.ts'
