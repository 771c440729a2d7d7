/** What the steps of one run share. */

import type { MaintenanceRun } from '../../contract/backend.ts'
import type { Clock } from '../../contract/clock.ts'
import type { ConnectionSet } from '../connection-set.ts'
import type { ExecutorPool } from '../executors/executor-pool.ts'
import type { SqliteFiles, SqliteMemory, SqliteOffload } from '../port.ts'
import type { SqliteConnection } from '../sqlite-connection.ts'
import type { LockHolder } from '../write-lock.ts'
import { type Inspection, inspect } from './inspection.ts'

/** How maintenance appears to those who wait for the write lock. */
export const MAINTAINER: LockHolder = { label: 'maintenance' }

/** Who copies the log when maintenance does not. */
export interface LogCopier {
  /** Nobody but the caller copies the log until the answer is called. */
  pause(): Promise<() => void>
  /**
   * From now on commits leave the log to the copier, until little is written for a while. Answers whether they do: not
   * where there is none, nor where it cannot begin.
   */
  keep(): Promise<boolean>
}

/** What a checkpoint needs. */
export interface CheckpointScope {
  readonly set: ConnectionSet
  /** A connection of the run's own; for a database in memory the only one there is. */
  readonly connection: SqliteConnection
  readonly files: SqliteFiles | undefined
  /** Runs a long task in another process; `undefined` where there is none. */
  readonly offload: SqliteOffload | undefined
  /** Runs a short one on a thread of ours; `undefined` where there is none. */
  readonly thread: SqliteOffload | undefined
  /** Whoever else looks after the log. */
  readonly upkeep: LogCopier
}

/** What every step of a run has. */
export interface MaintenanceScope extends CheckpointScope {
  /** Opens another process, for what must be done when the first one was killed. */
  readonly openOffload: (() => SqliteOffload) | undefined
  readonly memory: SqliteMemory | undefined
  /** Those that run long statements. */
  readonly workers: Pick<ExecutorPool, 'closeIdle'> | undefined
  readonly clock: Clock
  readonly run: MaintenanceRun
  readonly memoryNotes: Map<string, string>
}

/** A fresh look. */
export function look({ connection, files, set }: CheckpointScope): Inspection {
  return inspect(connection.db, files, set.isMemory ? undefined : set.path)
}

/** Runs `work` holding the write lock; the time counts towards nobody's timeout. `onWaiter` hears of who comes to wait. */
export async function withWriteLock<T>(
  { set }: Pick<CheckpointScope, 'set'>,
  signal: AbortSignal | undefined,
  work: () => T | Promise<T>,
  onWaiter?: () => void,
): Promise<T> {
  await set.lock.acquire(MAINTAINER, signal)
  set.lock.exempt(onWaiter)
  try {
    set.guard.beforeWrite()
    return await work()
  } finally {
    set.lock.release()
  }
}

/**
 * Runs `work` while commits of the application do not copy the log: that is done for them. The writer is only touched
 * with its lock held, when no stream of a transaction is open on it.
 */
export async function withoutAutocheckpoint<T>(scope: MaintenanceScope, work: () => Promise<T>): Promise<T> {
  const resume = await scope.upkeep.pause()
  try {
    const restore = await withWriteLock(scope, scope.run.signal, () => scope.set.suspendAutocheckpoint())
    try {
      return await work()
    } finally {
      await withWriteLock(scope, undefined, restore)
    }
  } finally {
    resume()
  }
}
