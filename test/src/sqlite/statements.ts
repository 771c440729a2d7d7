/**
 * Which statements run where, and which are refused: transaction control and connection settings belong to pinned
 * connections, functions that answer for a connection run on the one that wrote.
 */
import { sql } from 'kysely'
import { createGate, track, turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: null }

/** Only on a connection of one's own. */
const REFUSED = [
  'begin',
  'BEGIN IMMEDIATE',
  'commit',
  'end',
  'rollback',
  'savepoint one',
  'release one',
  '/* hidden */ begin',
  '-- hidden\n  BEGIN EXCLUSIVE',
  "attach ':memory:' as other",
  'detach other',
  'pragma query_only = 1',
  'PRAGMA query_only(0)',
  'pragma main.query_only = 0',
  'pragma foreign_keys = off',
  'explain pragma foreign_keys = off',
  'pragma journal_mode = delete',
  'pragma writable_schema = on',
  ';begin',
]

/** Writes whose first word is none, or that look like reads. */
const WRITES = [
  "replace into person (id, name) values (1, 'x')",
  "with one as (select 2 as id) insert into person (id, name) select id, 'x' from one",
  "with one as (select 1 as id) update person set name = 'x' where id in (select id from one)",
  "with one as (select 1 as id) update person set name = 'x' where id in (select id from one) returning name",
  "/* select */ insert into person (id, name) values (1, 'x') on conflict do update set name = excluded.name",
  'with one as (select 1 as id) delete from person where id in (select id from one) returning id',
]

export const statements: Topic = ({ harness, expect, expectCode, test }) => {
  for (const text of REFUSED) {
    test(`${JSON.stringify(text)} through the store is INVALID_ARGUMENT and without effect`, async ({ openWith }) => {
      const store = await openWith(['person', 'pet'])
      await expectCode(sql.raw(text).execute(store.db), 'INVALID_ARGUMENT')
      await store.db.insertInto('person').values(ANN).execute()
      const orphan = store.db.insertInto('pet').values({ id: 1, owner_id: 99, name: 'rex' }).execute()
      await expectCode(orphan, 'CONSTRAINT')
      expect((await sql`pragma foreign_keys`.execute(store.db)).rows).toEqual([{ foreign_keys: 1 }])
    })
  }

  for (const text of ['begin', 'commit', 'end', 'rollback', 'savepoint x', 'release x']) {
    test(`${text} inside a transaction is INVALID_ARGUMENT, and the transaction goes on`, async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await expectCode(sql.raw(text).execute(tx), 'INVALID_ARGUMENT')
      })
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    })
  }

  for (const text of ['pragma foreign_keys = off', 'begin', "attach ':memory:' as other"]) {
    test(`${text} that a pinned connection ran is refused through the store all the same`, async ({ openWith }) => {
      const store = await openWith(['person', 'pet'])
      for (let time = 0; time < 2; time++) {
        await store.db.connection().execute((db) => sql.raw(text).execute(db))
        await expectCode(sql.raw(text).execute(store.db), 'INVALID_ARGUMENT')
        await expectCode(
          store.db.insertInto('pet').values({ id: 1, owner_id: 99, name: 'rex' }).execute(),
          'CONSTRAINT',
        )
      }
    })
  }

  for (const text of WRITES) {
    test(`${text.slice(0, 60)}… is a write`, async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.db.insertInto('person').values(ANN).execute()
      await sql.raw(text).execute(store.db)
      const people = await store.db.selectFrom('person').selectAll().execute()
      expect(people.length === 1 && people[0]?.name === 'ann').toBe(false)
    })
  }

  test('several statements in one text, or none, are INVALID_ARGUMENT and none runs', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const insert = "insert into person (id, name) values (1, 'ann')"
    for (const text of [`${insert}; ${insert}`, `select 1; ${insert}`, '', '-- nothing']) {
      await expectCode(sql.raw(text).execute(db), 'INVALID_ARGUMENT')
    }
    expect(await db.selectFrom('person').selectAll().execute()).toEqual([])
    await sql.raw(`${insert};`).execute(db)
    expect((await db.selectFrom('person').select('id').execute()).length).toBe(1)
  })

  test('last_insert_rowid(), changes() and total_changes() answer for the last write', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db
      .insertInto('person')
      .values([ANN, { ...ANN, id: 77, name: 'bob' }])
      .execute()
    expect((await sql`select last_insert_rowid() as id`.execute(db)).rows).toEqual([{ id: 77 }])
    await db.updateTable('person').set({ age: 1 }).execute()
    expect((await sql`select changes() as n`.execute(db)).rows).toEqual([{ n: 2 }])
    const total = (await sql<{ n: number }>`select Total_Changes () as n`.execute(db)).rows[0]?.n ?? 0
    expect(total >= 4).toBe(true)
  })

  test('insertId is the rowid, beyond 2^53 too', async ({ openWith }) => {
    const { db } = await openWith(['counter'])
    const one = await db.insertInto('counter').values({ id: 7, value: 1 }).executeTakeFirstOrThrow()
    expect(one.insertId).toBe(7n)
    const id = 2n ** 53n + 1n
    const two = await sql`insert into counter (id, value) values (${id}, 1)`.execute(db)
    expect(two.insertId).toBe(id)
  })

  test('insertId is told by what inserts, and not by what only has the word in it', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db
      .insertInto('person')
      .values({ ...ANN, id: 7 })
      .execute()
    for (const text of [
      "update person set name = replace(name, 'a', 'b')",
      "update person set name = 'insert' where name <> 'insert'",
      "with one as (select 7 as id) update person set name = replace('insert', 'i', 'u') where id in (select id from one)",
      "delete from person where name = replace('insert', 'i', 'x')",
    ]) {
      expect([text, (await sql.raw(text).execute(db)).insertId]).toEqual([text, undefined])
    }
    for (const text of [
      "replace into person (id, name) values (8, 'a')",
      "/* update */ insert into person (id, name) values (8, 'b') on conflict do update set name = replace('b', 'b', 'c')",
      "with one as (select 8 as id) insert or replace into person (id, name) select id, 'd' from one",
    ]) {
      expect([text, (await sql.raw(text).execute(db)).insertId]).toEqual([text, 8n])
    }
  })

  test('temporary tables are seen by the reads that follow', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(ANN).execute()
    await sql`create temp table person_copy as select * from person`.execute(db)
    expect((await sql`select name from person_copy`.execute(db)).rows).toEqual([{ name: 'ann' }])
    await sql`create temp table person (id integer)`.execute(db)
    expect((await sql`select count(*) as n from person`.execute(db)).rows).toEqual([{ n: 0 }])
  })

  test('PRAGMA and EXPLAIN that only look are answered', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const info = await sql<{ name: string }>`pragma table_info(person)`.execute(db)
    expect(info.rows.map(({ name }) => name)).toEqual(['id', 'name', 'age'])
    expect((await sql`explain query plan select * from person`.execute(db)).rows.length).toBe(1)
    expect((await sql`select name from pragma_table_info('person')`.execute(db)).rows.length).toBe(3)
    await sql`pragma user_version = 7`.execute(db)
    expect((await sql`pragma user_version`.execute(db)).rows).toEqual([{ user_version: 7 }])
  })

  test('a PRAGMA that writes waits for the transaction before it, and is not part of it', async ({ openWith }) => {
    const store = await openWith(['person'])
    const begun = createGate()
    const finish = createGate()
    const failing = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      begun.open()
      await finish.opened
      throw new Error('planted')
    })
    await begun.opened
    const pragma = track(sql`pragma user_version = 7`.execute(store.db))
    await turns()
    finish.open()
    await failing.catch(() => undefined)
    await pragma.promise
    expect((await sql`pragma user_version`.execute(store.db)).rows).toEqual([{ user_version: 7 }])
  })

  if (harness.capabilities.multiProcess) {
    test('a refused BEGIN leaves no lock', async ({ openWith, probe }) => {
      const store = await openWith(['counter'])
      await expectCode(sql`begin immediate`.execute(store.db), 'INVALID_ARGUMENT')
      await probe('update counter set value = 5')
      expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 5 }])
    })
  }
}
