/** What the SQLite engine counts of itself, and the snapshot that is made of it. */
import type { EngineStats } from '../contract/stats.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteFiles, SqliteOffload } from './port.ts'

/** Counters of all the connections of a store. */
export interface SqliteCounters {
  /** Statements that were found in a cache. */
  hits: number
  /** Statements that were prepared and kept. */
  misses: number
  /** Statements that were run on the caller's thread. */
  inline: number
  /** Tasks that were given to the maintenance process. */
  process: number
}

/** All at zero. */
export function createSqliteCounters(): SqliteCounters {
  return { hits: 0, misses: 0, inline: 0, process: 0 }
}

/** An immutable snapshot; of the file system it asks for the size of the log. */
export function snapshotSqliteStats(set: ConnectionSet, files: SqliteFiles | undefined): EngineStats {
  const { hits, misses, inline, process } = set.counters
  return Object.freeze({
    writeLock: set.lock.stats(),
    pool: set.readerStats(),
    executors: Object.freeze({ inline, process }),
    statementCache: Object.freeze({ hitCount: hits, missCount: misses }),
    walSizeBytes: set.hasWriteAheadLog ? (files?.sizeBytes(`${set.path}-wal`) ?? 0) : undefined,
  })
}

/** Counts anew from here on. */
export function resetSqliteStats(set: ConnectionSet): void {
  Object.assign(set.counters, createSqliteCounters())
  set.lock.resetStats()
  set.resetReaderStats()
}

/** `offload`, with its tasks counted. */
export function countTasks(offload: SqliteOffload, counters: SqliteCounters): SqliteOffload {
  return {
    get isWarm() {
      return offload.isWarm
    },
    warmUp: () => offload.warmUp(),
    run: (task, signal) => {
      counters.process++
      return offload.run(task, signal)
    },
    close: () => offload.close(),
  }
}
