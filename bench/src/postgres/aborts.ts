/**
 * From an abort until the server does nothing any more, as another connection sees it: what is aborted is a statement, one
 * that waits for a lock, a VACUUM of a maintenance run, a stream.
 */
import type { Store } from '@upkeep/core'
import { openPostgresStore } from '@upkeep/postgres'
import { sql } from 'kysely'
import pg from 'pg'
import { quietLogger } from '../quiet-logger.ts'
import type { Random } from '../seeded-random.ts'
import { largest, median } from '../statistics.ts'

/** The names are those of the report. */
const KINDS: Readonly<Record<string, (store: Store<any>, signal: AbortSignal) => Promise<unknown>>> = {
  'pg_sleep(30)': (store, signal) => sql`select pg_sleep(30)`.execute(store.db, { signal }),
  'endless expression': (store, signal) =>
    sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`.execute(store.db, {
      signal,
    }),
  'lock wait': (store, signal) => sql`update locked set i = 1`.execute(store.db, { signal }),
  'VACUUM with a cost delay': (store, signal) => store.maintenance({ mode: 'full', steps: ['vacuum'], signal }),
  stream: async (store, signal) => {
    const rows = sql<{ i: number }>`(select i, pg_sleep(0.01) from generate_series(1, 10000) i)`.as('slow')
    for await (const _ of store.db.selectFrom(rows).select('i').stream({ chunkSize: 10, signal }));
  },
}
/** What of ours runs in the server. */
const RUNNING = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and application_name like 'upkeep%' and state = 'active'`
const SPAN_MS = 100

/** Of one kind, in milliseconds. */
export interface AbortRow {
  readonly kind: string
  readonly stoppedMs: readonly number[]
  readonly settledMs: readonly number[]
}

/** Aborts each kind so often, at random moments once it runs. */
export async function measureAborts(url: string, times: number, random: Random): Promise<readonly AbortRow[]> {
  const outside = new pg.Client({ connectionString: url })
  const holder = new pg.Client({ connectionString: url })
  await Promise.all([outside.connect(), holder.connect()])
  await outside.query('create table locked (i int); insert into locked values (0)')
  await outside.query("create table bloated as select i, repeat('x', 200) as text from generate_series(1, 50000) i")
  await outside.query('delete from bloated where i % 2 = 0')
  const { rows } = await outside.query('select quote_ident(current_database()) as name')
  // One page, and then a pause, so that there is something to abort.
  await outside.query(`alter database ${rows[0].name} set vacuum_cost_delay = 100`)
  await outside.query(`alter database ${rows[0].name} set vacuum_cost_limit = 1`)
  await holder.query('begin; lock table locked')
  await using store = await openPostgresStore<any>({
    url,
    timeouts: { defaultMs: false },
    close: { maintenanceOnClose: false },
    logger: quietLogger,
  })
  const running = async (): Promise<number> => (await outside.query(RUNNING)).rows[0].count
  const results: AbortRow[] = []
  for (const [kind, begin] of Object.entries(KINDS)) {
    const stoppedMs: number[] = []
    const settledMs: number[] = []
    for (let time = 0; time < times; time++) {
      const controller = new AbortController()
      let abortedMs = 0
      const settled = begin(store, controller.signal)
        .catch(() => undefined)
        .then(() => settledMs.push(performance.now() - abortedMs))
      while ((await running()) === 0);
      await new Promise((resolve) => setTimeout(resolve, random() * SPAN_MS))
      abortedMs = performance.now()
      controller.abort()
      while ((await running()) > 0);
      stoppedMs.push(performance.now() - abortedMs)
      await settled
    }
    results.push({ kind, stoppedMs, settledMs })
  }
  await Promise.all([outside.end(), holder.end()])
  return results
}

const ms = (value: number): string => value.toFixed(1)

/** All of it as Markdown. */
export function formatAborts(rows: readonly AbortRow[], times: number): string {
  return [
    '### From an abort until the server has stopped',
    '',
    `Each ${times} times, at a random moment of its first ${SPAN_MS} ms. "Stopped": until pg_stat_activity, asked without a`,
    'pause by another connection, has nothing of ours that runs. Targets: p50 at most 20 ms, 250 ms at worst.',
    '',
    '| what is aborted | stopped p50 ms | max ms | settled p50 ms | max ms |',
    '|---|---:|---:|---:|---:|',
    ...rows.map(
      ({ kind, stoppedMs, settledMs }) =>
        `| ${kind} | ${ms(median(stoppedMs))} | ${ms(largest(stoppedMs))} | ${ms(median(settledMs))} | ${ms(largest(settledMs))} |`,
    ),
    '',
  ].join('\n')
}
