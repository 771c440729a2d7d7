// Behind a pooler of transactions: nothing is kept on a connection, and the options hold all the same.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { isLeftOut } from '../../../test/servers/is-left-out.ts'
import { expectCode, testClient, testDatabase, testStore } from './support/server-test.ts'

const onPooler = it.skipIf(isLeftOut('pgbouncer'))

onPooler('statements have no names, and stale plans do not come up', async () => {
  const { url, directUrl } = await testDatabase('pgbouncer')
  const outside = await testClient(directUrl)
  const store = await testStore(url)
  await sql`create table t (id int)`.execute(store.db)
  const read = () => sql`select * from t`.execute(store.db)
  await read()
  await outside.query('alter table t add column name text')
  expect((await read()).rows).toEqual([])
  await store.transaction((tx) => sql`select * from t`.execute(tx))
  const { rows } = await sql`select count(*) as n from pg_prepared_statements where name like 'u%'`.execute(store.db)
  expect(rows).toEqual([{ n: 0 }])
})

onPooler('a lock is waited for as long as the option says, by a single statement and in a transaction', async () => {
  const { url, directUrl } = await testDatabase('pgbouncer')
  const outside = await testClient(directUrl)
  const store = await testStore(url, { lockTimeoutMs: 50, timeouts: { defaultMs: false } })
  await sql`create table t (id int)`.execute(store.db)
  await outside.query('begin; lock table t')
  await expectCode(sql`insert into t values (${1})`.execute(store.db), 'BUSY')
  await expectCode(
    store.transaction((tx) => sql`insert into t values (1)`.execute(tx)),
    'BUSY',
  )
  await outside.query('rollback')
  const inserted = await sql`insert into t values (${1}), (${2})`.execute(store.db)
  expect(inserted.numAffectedRows).toBe(2n)
  expect((await sql`select id from t`.execute(store.db)).rows).toEqual([{ id: 1 }, { id: 2 }])
})

onPooler('schema and readOnly hold for each statement, and for nobody else’s', async () => {
  const { url, directUrl } = await testDatabase('pgbouncer')
  const outside = await testClient(directUrl)
  await outside.query(`create schema "It's mine"; create table "It's mine".t (id int)`)
  const store = await testStore(url, { schema: `It's mine` })
  const reader = await testStore(url, { schema: `It's mine`, readOnly: true })
  const other = await testStore(url)
  await sql`insert into t values (1)`.execute(store.db)
  await expectCode(sql`insert into t values (2)`.execute(reader.db), 'READONLY')
  await expectCode(
    reader.transaction((tx) => sql`insert into t values (2)`.execute(tx)),
    'READONLY',
  )
  expect((await sql`select * from t`.execute(reader.db)).rows).toEqual([{ id: 1 }])
  await expectCode(sql`select * from t`.execute(other.db), 'SYNTAX')
  await sql`create index concurrently on ${sql.id("It's mine", 't')} (id)`.execute(store.db)
})

onPooler('what would stay with somebody else’s connection is UNSUPPORTED', async () => {
  const { url } = await testDatabase('pgbouncer')
  const store = await testStore(url)
  for (const text of ['set work_mem = 100', 'select pg_advisory_lock(1)', 'create temp table a (id int)', 'listen a']) {
    await expectCode(
      store.withConnection(({ db }) => sql.raw(text).execute(db)),
      'UNSUPPORTED',
    )
  }
})

onPooler('a statement is stopped, and its neighbours are not', async () => {
  const { url } = await testDatabase('pgbouncer')
  const store = await testStore(url)
  for (let round = 0; round < 20; round++) {
    const controller = new AbortController()
    const running = sql`select pg_sleep(30)`.execute(store.db, { signal: controller.signal })
    setTimeout(() => controller.abort(), 5 + (round % 5))
    const beside = sql`select pg_sleep(0.02)`.execute(store.db)
    await expectCode(running, 'ABORTED')
    await beside
  }
})

onPooler('one migrates at a time, by a lock in a transaction', async () => {
  const { url } = await testDatabase('pgbouncer')
  const stores = await Promise.all([1, 2, 3].map(() => testStore(url)))
  let inside = 0
  const provider = {
    getMigrations: async () => {
      expect(++inside).toBe(1)
      await sql`select pg_sleep(0.01)`.execute((stores[0] as (typeof stores)[number]).db)
      inside--
      return {}
    },
  }
  await Promise.all(stores.map((store) => store.migrate(provider)))
})
