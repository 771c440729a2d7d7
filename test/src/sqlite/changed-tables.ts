/** Which tables SQLite changes with one: triggers, foreign keys, conflicts, virtual tables, the schema. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import type { Topic } from '../suite/suite.ts'

const SCHEMA = [
  'create table a (id integer primary key, n, u unique)',
  'create table b (id integer primary key, a_id references a on delete cascade on update set null)',
  'create table log (text)',
  'create table pair (x, y, primary key (x, y)) without rowid',
  'create view seen as select id, n from a',
  'create trigger on_view instead of insert on seen begin insert into a (n) values (new.n); end',
  "create trigger on_pair after insert on pair begin insert into log values ('pair'); end",
  'create virtual table words using fts5(body)',
  'insert into a (id, n, u) values (1, 1, 1), (2, 2, 2)',
  'insert into b (id, a_id) values (1, 1), (2, 2)',
]

const TABLES = ['a', 'b', 'log', 'pair', 'words']

/** Statements, each on its own, and what is to be told of all of them. */
const CHANGES: readonly (readonly [what: string, statements: readonly string[], told: readonly string[][]])[] = [
  ['an upsert', ['insert into a (id, n) values (1, 5) on conflict do update set n = excluded.n'], [['a']]],
  ['an upsert that does nothing', ['insert into a (id, n) values (1, 5) on conflict do nothing'], []],
  ['REPLACE', ['replace into a (id, n, u) values (3, 3, 1)'], [['a', 'b']]],
  ['a cascade', ['delete from a where id = 1'], [['a', 'b']]],
  ['an update that sets others to NULL', ['update a set id = 9 where id = 1'], [['a', 'b']]],
  ['DELETE without WHERE', ['delete from b'], [['b']]],
  ['a table without rowid, with a trigger', ['insert into pair values (1, 1)'], [['log', 'pair']]],
  ['a write to a view', ['insert into seen (n) values (7)'], [['a']]],
  ['a virtual table', ["insert into words values ('one')", "update words set body = 'two'"], [['words'], ['words']]],
  ['OR FAIL, which keeps what it has done', ['insert or fail into a (id, n) values (7, 7), (1, 1)'], [['a']]],
  ['a name in other letters', ['insert into LOG values (1)'], [['log']]],
  ['statistics', ['analyze', 'pragma optimize'], []],
  ['TEMP tables of the same name', ['create temp table log (text)', 'insert into log values (1)'], []],
]

/** After a change of the schema each may be another one. */
const EVERYTHING = [
  'alter table log add column more default 1',
  'alter table log rename to diary',
  'drop table log',
  'create table more as select * from a',
  'create index by_n on a (n)',
]

export const changedTables: Topic = ({ harness, expect, test }) => {
  if (!harness.capabilities.changeNotice) return

  const openHearing = async (open: () => Promise<Store<any>>, heard: (readonly string[])[]): Promise<Store<any>> => {
    const store = await open()
    for (const text of SCHEMA) await sql.raw(text).execute(store.db)
    store.onChange(TABLES, ({ tables }) => void heard.push([...tables].sort()))
    return store
  }

  for (const [what, statements, told] of CHANGES) {
    test(`${what}: ${told.length === 0 ? 'nothing is told' : told.map(String).join(', then ')}`, async ({ open }) => {
      const heard: (readonly string[])[] = []
      const store = await openHearing(() => open<any>(), heard)
      for (const text of statements) {
        await sql
          .raw(text)
          .execute(store.db)
          .catch(() => undefined)
      }
      expect(heard).toEqual(told)
    })
  }

  for (const text of EVERYTHING) {
    test(`${text}: each table is told`, async ({ open }) => {
      const heard: (readonly string[])[] = []
      const store = await openHearing(() => open<any>(), heard)
      await sql.raw(text).execute(store.db)
      expect(heard).toEqual([TABLES])
    })
  }

  test('a statement that was prepared before a trigger was made tells of what that changes', async ({ open }) => {
    const heard: (readonly string[])[] = []
    const store = await openHearing(() => open<any>(), heard)
    const insert = sql`insert into a (n) values (1)`
    await store.withConnection(async ({ db, raw }) => {
      await insert.execute(db)
      // Past the store, so that it keeps its statement, and SQLite compiles that anew.
      const handle = raw as { exec(text: string): unknown }
      await handle.exec('create trigger late after insert on a begin insert into log values (new.id); end')
      heard.length = 0
      await insert.execute(db)
    })
    expect(heard).toEqual([['a', 'log']])
  })

  test('what a savepoint has undone may be told, what a transaction has, not', async ({ open }) => {
    const heard: (readonly string[])[] = []
    const store = await openHearing(() => open<any>(), heard)
    const no = new Error('no')
    await store.transaction(async (tx) => {
      await sql`insert into log values (1)`.execute(tx)
      const undone = tx.nested(async (inner) => {
        await sql`insert into pair values (1, 1)`.execute(inner)
        throw no
      })
      expect(await undone.catch((error) => error)).toBe(no)
    })
    expect(heard.length).toBe(1)
    expect(heard[0]?.includes('log')).toBe(true)
  })
}
