/**
 * Stops a statement from within: the thread that runs it looks now and then whether it is still wanted.
 *
 * Only what the application has asked for is under it. BEGIN, COMMIT and ROLLBACK are not.
 */
import type { StatementContext } from '../contract/backend.ts'

/** What a driver that can look up from a statement gives. */
export interface StatementStopper {
  /**
   * Runs `call`, which is in SQLite from its beginning to its end, and stops it when `ctx` says so: its signal, or its
   * `timeoutMs`, which count from here. What has completed meanwhile has completed.
   *
   * @throws what `call` throws; ABORTED or TIMEOUT where it was stopped
   */
  run<T>(ctx: StatementContext, call: () => T): T
}
