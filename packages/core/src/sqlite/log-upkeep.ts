/**
 * Who looks after the write-ahead log of a store: its checkpointer, the watch over its limit, and the thread that both
 * have of the backend, which maintenance uses too. The one place that knows which of them there are.
 */
import { Checkpointer } from './checkpointer.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { LogCopier } from './maintenance/maintenance-scope.ts'
import type { SqliteOffload } from './port.ts'
import type { SqliteEngineOptions } from './sqlite-engine-options.ts'
import { ThreadShare } from './thread-share.ts'
import { WalCeiling } from './wal-ceiling.ts'
import { watchTasks } from './watch-tasks.ts'

/** See the module. */
export interface LogUpkeep extends LogCopier {
  /** Who holds a log that is too large; `undefined` where the store does not look after one. */
  readonly ceiling: WalCeiling | undefined
  /** Gives maintenance the thread, until it is closed; `undefined` where there is none. */
  readonly openThread: (() => SqliteOffload) | undefined
  /** Has nothing open, and does nothing, until the answer is called; with the write lock. Never rejects. */
  standAside(): Promise<() => void>
  /** Ends all of it. Never rejects. */
  close(): Promise<void>
}

const NOTHING: LogUpkeep = {
  ceiling: undefined,
  openThread: undefined,
  pause: async () => () => undefined,
  keep: async () => false,
  standAside: async () => () => undefined,
  close: async () => undefined,
}

/**
 * Begins to look after the log. That of a database that is only read is its writer's, and where there is one connection
 * its commits copy it: nobody reads beside them.
 */
export function openLogUpkeep(options: SqliteEngineOptions, set: ConnectionSet): LogUpkeep {
  const { files, clock, log } = options
  const { readOnly, checkpointer } = set.options
  if (set.isSingle || !set.hasWriteAheadLog || readOnly || files === undefined) return NOTHING
  const openThread = checkpointer ? shareThread(options, set) : undefined
  const ceiling = new WalCeiling({ registry: set.registry, lock: set.lock, options: set.options, clock, log })
  const keeper = new Checkpointer({ set, files, clock, log, ceiling, openThread })
  return {
    ceiling,
    openThread,
    pause: () => keeper.pause(),
    keep: () => keeper.keep(),
    standAside: () => keeper.standAside(),
    close: () => keeper.close(),
  }
}

function shareThread({ openThread }: SqliteEngineOptions, set: ConnectionSet): (() => SqliteOffload) | undefined {
  if (openThread === undefined) return undefined
  const share = new ThreadShare(() => watchTasks(openThread(set.guard.identity), 'thread', set))
  return () => share.open()
}
