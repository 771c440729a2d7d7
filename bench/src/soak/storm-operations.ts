/**
 * What the storm aborts: one operation of each kind that can be stopped. Each that writes leaves a row of its own in
 * `mark` if it was done, and nothing if it was not; it does not look whether that is so.
 */
import type { Store } from '@upkeep/core'
import { openSqliteStore } from '@upkeep/sqlite-native'
import { sql } from 'kysely'

/** The tables of the storm. */
export interface StormSchema {
  big: { id: number; part: number; label: string }
  mark: { id: number }
}

/** Something that takes a signal, or a part of it that does. */
export interface StormOperation {
  readonly name: string
  /** Whether it leaves a row in `mark`. */
  readonly marks: boolean
  run(store: Store<StormSchema>, id: number, signal: AbortSignal): Promise<unknown>
}

const ROW_COUNT = 20_000
const ENDLESS = 'with recursive n(i) as (select 1 union all select i + 1 from n)'

/** Makes the tables, in a file that does not exist yet. */
export async function createStormDatabase(path: string): Promise<void> {
  await using store = await openSqliteStore<StormSchema>({ path })
  await sql`create table big (id integer primary key, part integer not null, label text not null)`.execute(store.db)
  await sql`create table mark (id integer primary key)`.execute(store.db)
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ROW_COUNT})
    insert into big select i, 0, 'row ' || (i * 7919 % 10007) from n`.execute(store.withTimeout(false))
}

function statement(name: string, text: (id: number) => string, marks = false): StormOperation {
  return { name, marks, run: (store, id, signal) => sql.raw(text(id)).execute(store.db, { signal }) }
}

/** Takes some tens of milliseconds, so that it moves to a worker in the midst of it. */
const count = (limit: number): string =>
  `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${limit}) select count(*) from n)`

/** All of them. */
export const STORM_OPERATIONS: readonly StormOperation[] = [
  {
    name: 'point read',
    marks: false,
    run: (store, id, signal) =>
      store.db
        .selectFrom('big')
        .selectAll()
        .where('id', '=', id % ROW_COUNT)
        .execute({ signal }),
  },
  statement('endless read', () => `${ENDLESS} select count(*) from n`),
  statement('cross join', () => 'select count(*) from big a, big b, big c where a.part + b.part + c.part < 0'),
  statement('sort', () => 'select a.id from big a, (select 1 union all select 2) order by a.label, a.id desc'),
  statement('short write', (id) => `insert into mark (id) values (${id})`, true),
  statement('long write', (id) => `insert into mark (id) select ${id} where ${count(400_000)} > 0`, true),
  statement('endless write', (id) => `${ENDLESS} insert into mark (id) select -i * 1000000 - ${id} from n`),
  // Every row by the same: whoever finds two values has found half an update.
  statement('update of every row', () => 'update big set part = part + 1'),
  {
    name: 'create index',
    marks: false,
    run: async (store, _, signal) => {
      await sql`create index if not exists big_label on big (label, part)`.execute(store.db, { signal })
      await sql`drop index if exists big_label`.execute(store.db, { signal })
    },
  },
  {
    name: 'stream',
    marks: false,
    run: async (store, _, signal) => {
      for await (const { id } of store.db.selectFrom('big').select('id').stream({ signal, chunkSize: 100 })) {
        if (id % 1000 === 0) await new Promise((resolve) => void setImmediate(resolve))
      }
    },
  },
  {
    name: 'stream left early',
    marks: false,
    run: async (store, _, signal) => {
      for await (const row of store.db.selectFrom('big').selectAll().stream({ signal })) if (row.id > 500) break
    },
  },
  {
    name: 'transaction',
    marks: true,
    run: (store, id, signal) => store.transaction((tx) => tx.insertInto('mark').values({ id }).execute(), { signal }),
  },
  {
    name: 'long transaction',
    marks: true,
    run: (store, id, signal) =>
      store.transaction(
        async (tx) => {
          await tx.insertInto('mark').values({ id }).execute()
          await tx.nested((inner) => sql.raw(`select ${count(200_000)}`).execute(inner))
          for await (const _ of tx.selectFrom('big').select('id').where('id', '<', 3000).stream());
        },
        { signal },
      ),
  },
  {
    name: 'transaction on the thread of the caller',
    marks: true,
    run: (store, id, signal) =>
      store.transaction((tx) => tx.insertInto('mark').values({ id }).execute(), { signal, executor: 'inline' }),
  },
  {
    name: 'read-only transaction',
    marks: false,
    run: (store, _, signal) =>
      store.transaction((tx) => sql.raw(`select count(*), ${count(100_000)} from big`).execute(tx), {
        signal,
        accessMode: 'read only',
      }),
  },
]
