/**
 * @upkeep/core/sqlite/host: what a thread or a process needs that runs statements or tasks for a store. It is a part of
 * `@upkeep/core/sqlite` that loads in a tenth of the time: nothing of Kysely is in it.
 */
export { errorLabel } from '../errors/error-label.ts'
export { invalidArgument, isStoreError, StoreError, serializeStoreError } from '../errors/store-error.ts'
export { StopWord } from '../remote/stop-word.ts'
export { type SqliteHostOptions, serveSqlite } from './executors/sqlite-host.ts'
export { SqliteTaskRunner } from './maintenance/task-runner.ts'
