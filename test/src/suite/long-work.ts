/** Statements that take long, or never end, and how a test waits until they run beside the caller's thread. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { rejectionOf } from './suite.ts'

const ALL_NUMBERS = 'with recursive n(i) as (select 1 union all select i + 1 from n)'

/** Reads that would never end. */
export const ENDLESS_READ: Readonly<Record<'sqlite' | 'postgres', string>> = {
  sqlite: `${ALL_NUMBERS} select count(*) as n from n`,
  postgres: 'select pg_sleep(3600)',
}

/** A table of `rowCount` rows that no index helps to read. */
export async function createBigTable(store: Store<any>, rowCount: number): Promise<void> {
  await sql`create table big (id integer primary key, part integer not null, label text not null)`.execute(store.db)
  const rows = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rowCount})`
  await sql
    .raw(`insert into big (part, label) ${rows} select i % 97, 'row ' || (i * 7919 % 10007) from n`)
    .execute(store.withTimeout(false))
}

/** Long work on {@link createBigTable}'s table, by kind; each would take much longer than it is given. */
export const LONG_STATEMENTS: Readonly<Record<string, string>> = {
  'an endless common table expression': ENDLESS_READ.sqlite,
  'a cross join': 'select count(*) as n from big a, big b, big c where a.part + b.part + c.part < 0',
  'a sort without an index': 'select a.id from big a, (select part from big limit 40) order by a.label, a.id desc',
  'a create index': `create index big_slow on big (length(printf('%.*c', 90000 + id, 'x')))`,
  'an update of every row': 'update big set part = (select count(*) from big b where b.part = big.part)',
  'an endless insert': `insert into big (part, label) ${ALL_NUMBERS} select i, 'more' from n`,
}

/** Resolves when a statement of `store` runs on one of its workers: the event loop turns until then. */
export async function onWorker(store: Store<any>, running: Promise<unknown>): Promise<void> {
  let ended = false
  void rejectionOf(running).then(() => {
    ended = true
  })
  const before = store.stats().engine.executors.worker ?? 0
  while (!ended && (store.stats().engine.executors.worker ?? 0) === before) {
    await new Promise<void>((resolve) => void setTimeout(resolve, 1))
  }
}
