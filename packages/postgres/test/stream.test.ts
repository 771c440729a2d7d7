// Streams over portals: what may come between their rows, what they read ahead, and what they leave.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { expectCode, testClient, testDatabase, testStore } from './support/server-test.ts'

const numbers = (last: number) => sql<{ i: number }>`(select i from generate_series(1, ${last}::int) i)`.as('numbers')

it('any chunk size gives every row once, in order', async () => {
  const { url } = await testDatabase()
  const { db } = await testStore(url)
  for (const chunkSize of [1, 7, 100, 300, 1000]) {
    const seen: number[] = []
    for await (const { i } of db.selectFrom(numbers(300)).select('i').stream(chunkSize)) seen.push(i)
    expect(seen).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
  }
})

it('in a transaction other statements come between its rows, streams too', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (i int)`.execute(store.db)
  await store.transaction(async (tx) => {
    for await (const { i } of tx.selectFrom(numbers(20)).select('i').stream(3)) {
      await sql`insert into t values (${i})`.execute(tx)
      for await (const inner of tx.selectFrom(numbers(2)).select('i').stream(1)) expect(inner.i).toBeGreaterThan(0)
    }
  })
  expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 20 }])
})

it('on a connection without a transaction a statement beside it is on its own', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  await sql`create table t (i int primary key)`.execute(store.db)
  await store.db.connection().execute(async (db) => {
    const seen: number[] = []
    for await (const { i } of db.selectFrom(numbers(20)).select('i').stream(3)) {
      seen.push(i)
      if (i !== 5) continue
      await sql`insert into t values (1)`.execute(db)
      expect((await outside.query('select i from t')).rows).toEqual([{ i: 1 }])
      await expectCode(sql`insert into t values (1)`.execute(db), 'CONSTRAINT')
    }
    expect(seen.length).toBe(20)
  })
})

it('what a stream writes is committed at its end, also when it is left early, and not when it fails', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  await sql`create table t (i int)`.execute(store.db)
  const insert = (last: number) =>
    store.db
      .insertInto('t')
      .expression(store.db.selectFrom(numbers(last)).select('i'))
      .returning('i')
      .stream(2)
  for await (const _row of insert(5)) break
  expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 5 }])
  for await (const _row of insert(5)) void _row
  expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: 10 }])
  const failing = sql<{ i: number }>`(select 1 / (5 - i) as i from generate_series(1, 9) i)`.as('failing')
  const read = async (): Promise<void> => {
    for await (const _row of store.db.selectFrom(failing).select('i').stream(2)) void _row
  }
  await expectCode(read(), 'INVALID_ARGUMENT')
  const { pool } = store.stats().engine
  expect(pool?.leased).toBe(0)
})
