/** Which stores have workers: those on a file with a write-ahead log, where they see what was committed beside others. */
import type { ConnectionSet } from '../connection-set.ts'
import type { SqliteEngineOptions } from '../sqlite-engine-options.ts'
import { ExecutorPool } from './executor-pool.ts'
import { WorkerStatements } from './worker-statements.ts'

/** `undefined` where there can be none. */
export function openWorkers({ workers }: SqliteEngineOptions, set: ConnectionSet): WorkerStatements | undefined {
  if (workers === undefined || set.readers === undefined) return undefined
  const { clock, busy, counters, guard, registry, autocheckpoint } = set
  const pool = new ExecutorPool(workers.executors, workers.pool, clock, busy)
  void pool.warmUp()
  return new WorkerStatements({ pool, clock, busy, counters, guard, registry, autocheckpoint })
}
