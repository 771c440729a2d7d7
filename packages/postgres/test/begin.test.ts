// BEGIN goes out together with the first statement of a transaction: what that statement, or its absence, makes of it.
import type { StoreTransaction } from '@upkeep/core'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { expectCode, testClient, testDatabase, testStore } from './support/server-test.ts'

it('the server hears of a transaction with its first statement, and of none that has none', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { pool: { max: 1 } })
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store.db)
  const states: unknown[] = []
  const look = async () => {
    const activity = await outside.query('select state from pg_stat_activity where pid = $1', [rows[0]?.pid])
    states.push(activity.rows[0]?.state)
  }
  await store.transaction(async (tx) => {
    await look()
    await sql`select 1`.execute(tx)
    await look()
  })
  await store.transaction(look)
  const failing = store.transaction(async () => {
    await look()
    throw new Error('mine')
  })
  await expect(failing).rejects.toThrow('mine')
  await look()
  expect(states).toEqual(['idle', 'idle in transaction', 'idle', 'idle', 'idle'])
})

const numbers = sql<{ i: number }>`(select i from generate_series(1, 3) i)`.as('numbers')

const FIRSTS: [string, (tx: StoreTransaction<any>) => Promise<unknown>][] = [
  ['a statement', (tx) => sql`insert into t values (1)`.execute(tx)],
  ['a change of the schema', (tx) => sql`alter table t add column late int`.execute(tx)],
  [
    'a stream',
    async (tx) => {
      for await (const { i } of tx.selectFrom(numbers).select('i').stream(1)) expect(i).toBeGreaterThan(0)
    },
  ],
  ['a savepoint', (tx) => tx.nested((inner) => sql`insert into t values (1)`.execute(inner))],
]

it.for(FIRSTS)('%s can be the first, and is in it', async ([, first]) => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int primary key)`.execute(store.db)
  const work = store.transaction(async (tx) => {
    await first(tx)
    await sql`insert into t (id) values (2)`.execute(tx)
    throw new Error('mine')
  })
  await expect(work).rejects.toThrow('mine')
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
  expect((await sql`select 1 from pg_attribute where attname = 'late'`.execute(store.db)).rows).toEqual([])
})

it('a first statement that fails leaves a failed transaction, and one that never parsed is not taken as prepared', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { pool: { max: 1 } })
  const read = (db: typeof store.db) => sql<{ id: number }>`select id from t`.execute(db)
  const work = store.transaction(async (tx) => {
    await expectCode(read(tx), 'SYNTAX')
    await read(tx)
  })
  await expectCode(work, 'SYNTAX')
  // By another session: our own would have all statements prepared anew.
  await outside.query('create table t (id int)')
  expect((await store.transaction(read)).rows).toEqual([])
})

it('a first statement that is stopped takes its BEGIN with it', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int)`.execute(store.db)
  const controller = new AbortController()
  const work = store.transaction(async (tx) => {
    const sleeping = sql`select pg_sleep(30)`.execute(tx, { signal: controller.signal })
    controller.abort()
    await expectCode(sleeping, 'ABORTED')
    await sql`insert into t values (1)`.execute(tx)
  })
  await expectCode(work, 'ABORTED')
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
})
