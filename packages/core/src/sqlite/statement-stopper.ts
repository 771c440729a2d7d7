/**
 * Stops a statement from within: the thread that runs it looks now and then whether it is still wanted.
 *
 * Only what the application has asked for is under it. BEGIN, COMMIT and ROLLBACK are not.
 */
import type { QueryResult } from 'kysely'
import type { StatementContext } from '../contract/backend.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { PreparedStatement } from './sqlite-statement.ts'

/** What a driver that can look up from a statement gives. */
export interface StatementStopper {
  /**
   * Runs `call`, which is in SQLite from its beginning to its end, and stops it when `ctx` says so. What has completed
   * meanwhile has completed. How long it may take is the guard's.
   *
   * @throws what `call` throws; ABORTED where it was stopped
   */
  run<T>(ctx: StatementContext, call: () => T): T
  /**
   * As {@link run}, for what writes for long and mostly past its statement's program, as a VACUUM does: looks up from
   * each write, too. Answers false for what was stopped because `limitMs` were over. Absent where that cannot be.
   */
  readonly runWriting?: ((ctx: StatementContext, limitMs: number | undefined, call: () => void) => boolean) | undefined
}

/** Apart from whoever may have no stopper, who would pay for the function that is made here. */
export function executeStoppable(
  stopper: StatementStopper,
  connection: SqliteConnection,
  statement: PreparedStatement,
  parameters: readonly unknown[],
  limitMs: number | undefined,
  ctx: StatementContext,
): QueryResult<unknown> {
  return stopper.run(ctx, () => connection.execute(statement, parameters, limitMs))
}

/** Whether a full VACUUM runs on the only connection, because it can be stopped there at any moment. */
export function vacuumsHere(set: {
  readonly isSingle: boolean
  readonly isMemory: boolean
  readonly stopper: StatementStopper | undefined
}): boolean {
  return set.isSingle && !set.isMemory && set.stopper?.runWriting !== undefined
}
