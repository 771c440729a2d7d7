/** The snapshot that is made of what the SQLite engine counts of itself. */
import type { EngineStats } from '../contract/stats.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { ExecutorPool } from './executors/executor-pool.ts'
import type { SqliteFiles } from './port.ts'
import { createSqliteCounters } from './sqlite-counters.ts'
import { walSizeBytes } from './wal-size.ts'

/** An immutable snapshot; of the file system it asks for the size of the log. */
export function snapshotSqliteStats(
  set: ConnectionSet,
  workers: ExecutorPool | undefined,
  files: SqliteFiles | undefined,
): EngineStats {
  const { hits, misses, inline, worker, process, thread } = set.counters
  return Object.freeze({
    writeLock: set.lock.stats(),
    pool: set.readerStats(),
    ...(workers && { workers: workers.stats() }),
    executors: Object.freeze({ inline, ...(workers && { worker }), process, thread }),
    statementCache: Object.freeze({ hitCount: hits, missCount: misses }),
    walSizeBytes: set.hasWriteAheadLog ? walSizeBytes(files, set.path) : undefined,
  })
}

/** Counts anew from here on. */
export function resetSqliteStats(set: ConnectionSet): void {
  Object.assign(set.counters, createSqliteCounters())
  set.lock.resetStats()
  set.resetReaderStats()
}
