/** What the connections of a SQLite store count; they only count. */

/** Counters of all the connections of a store. */
export interface SqliteCounters {
  /** Statements that were found in a cache. */
  hits: number
  /** Statements that were prepared and kept. */
  misses: number
  /** Statements that were run on the caller's thread. */
  inline: number
  /** Statements that were run on a worker. */
  worker: number
  /** Tasks that were given to the maintenance process. */
  process: number
  /** Tasks that were given to the thread that copies the log. */
  thread: number
}

/** All at zero. */
export function createSqliteCounters(): SqliteCounters {
  return { hits: 0, misses: 0, inline: 0, worker: 0, process: 0, thread: 0 }
}
