/** Long tasks as the store sees them: counted, and put down as readers while they keep a snapshot. */
import type { SqliteOffload } from './port.ts'
import type { ReaderRegistry } from './reader-registry.ts'
import type { SqliteCounters } from './sqlite-counters.ts'

/** Tasks that keep one snapshot from their beginning to their end. */
const LONG_READS: ReadonlySet<string> = new Set(['backup', 'integrity', 'analyze', 'vacuum'])

/** `offload`, with its tasks counted as those of `counter`, and put down as readers while they read. */
export function watchTasks(
  offload: SqliteOffload,
  counter: 'process' | 'thread',
  { counters, registry }: { readonly counters: SqliteCounters; readonly registry: ReaderRegistry },
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
