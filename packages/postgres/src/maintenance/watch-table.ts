/**
 * Looks at a statement while it runs, on another connection: how far it is, and who waits for the table it has locked.
 *
 * Most statements are over before the first look. It uses only columns that have the same names in all versions: 17 has
 * renamed others. Source: https://www.postgresql.org/docs/current/progress-reporting.html
 */
import type { DedicatedClient } from './dedicated-client.ts'
import type { MaintenanceScope } from './maintenance-scope.ts'

const LOOK_MS = 100

/** What is watched. */
export interface WatchedTable {
  readonly relid: number
  readonly view: ProgressView
  /** How much of this table is done, from 0 to 1. */
  progress(fraction: number): void
}

/** The progress views, by what they show. */
export type ProgressView = 'vacuum' | 'analyze' | 'create_index' | 'cluster'

const COLUMNS: Readonly<Record<ProgressView, readonly [done: string, total: string]>> = {
  vacuum: ['heap_blks_scanned', 'heap_blks_total'],
  analyze: ['sample_blks_scanned', 'sample_blks_total'],
  create_index: ['blocks_done', 'blocks_total'],
  cluster: ['heap_blks_scanned', 'heap_blks_total'],
}

/** A watch that goes on until it is ended. */
export interface Watching {
  end(): Promise<void>
}

/** `waitedFor` is called once somebody has waited for longer than the run allows. */
export function watchTable(scope: MaintenanceScope, watched: WatchedTable, waitedFor: () => void): Watching {
  const { clock, run, log } = scope
  let isOver = false
  let timer: unknown
  let flight: Promise<void> = Promise.resolve()
  let waiting: { readonly pid: number; readonly sinceMs: number } | undefined
  const look = async (): Promise<void> => {
    const watch = await scope.watch()
    const pid = await readProgress(watch, watched)
    if (run.maxWriteWaitMs === false) return
    const waiter = await readWaiter(watch, watched.relid, scope.server.isPooled ? pid : scope.server.backendPid)
    if (waiter === undefined || waiter !== waiting?.pid)
      waiting = waiter === undefined ? undefined : { pid: waiter, sinceMs: clock.monotonicMs() }
    else if (clock.monotonicMs() - waiting.sinceMs >= run.maxWriteWaitMs) waitedFor()
  }
  const again = (): void => {
    timer = clock.setTimer(
      () => {
        flight = look()
          // To see nothing is no reason to stop.
          .catch(() => log.debug?.('maintenance could not look at its own progress'))
          .then(() => {
            if (!isOver) again()
          })
      },
      LOOK_MS,
      true,
    )
  }
  again()
  return {
    async end() {
      isOver = true
      clock.clearTimer(timer)
      await flight
    },
  }
}

/** Answers the pid that works on the table. */
async function readProgress(watch: DedicatedClient, watched: WatchedTable): Promise<number | undefined> {
  const [done, total] = COLUMNS[watched.view]
  const [row] = await watch.ask(
    `SELECT pid, ${done}::float8 AS done, ${total}::float8 AS total FROM pg_stat_progress_${watched.view}
      WHERE datname = current_database() AND relid = ${watched.relid}`,
  )
  if (row === undefined) return undefined
  const totalCount = Number(row.total)
  if (totalCount > 0) watched.progress(Math.min(1, Number(row.done) / totalCount))
  return Number(row.pid)
}

/** Somebody who waits for this table because of `pid`. */
async function readWaiter(watch: DedicatedClient, relid: number, pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined
  const [row] = await watch.ask(
    `SELECT l.pid FROM pg_locks l WHERE NOT l.granted AND l.locktype = 'relation' AND l.relation = ${relid}
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ${pid} = ANY (pg_blocking_pids(l.pid)) ORDER BY l.pid LIMIT 1`,
  )
  return row === undefined ? undefined : Number(row.pid)
}
