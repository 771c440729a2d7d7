/** What the connections of a SQLite store count; they only count. */
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteOffload } from './port.ts'

/** Tasks that keep one snapshot from their beginning to their end. */
const LONG_READS: ReadonlySet<string> = new Set(['backup', 'integrity', 'analyze', 'vacuum'])

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
  /** Tasks that were given to the thread that copies the log. */
  thread: number
}

/** All at zero. */
export function createSqliteCounters(): SqliteCounters {
  return { hits: 0, misses: 0, inline: 0, process: 0, thread: 0 }
}

/** `offload`, with its tasks counted as those of `counter`, and put down as readers while they read. */
export function watchTasks(
  offload: SqliteOffload,
  counter: 'process' | 'thread',
  { counters, registry }: Pick<ConnectionSet, 'counters' | 'registry'>,
): SqliteOffload {
  return {
    get isWarm() {
      return offload.isWarm
    },
    warmUp: () => offload.warmUp(),
    run: async (task, signal) => {
      counters[counter]++
      const done = LONG_READS.has(task.name) ? registry.add({ label: task.name, sql: () => undefined }) : undefined
      try {
        return await offload.run(task, signal)
      } finally {
        done?.()
      }
    },
    close: () => offload.close(),
  }
}
