// A schema that changes under prepared statements: outside a transaction nobody notices, inside it can be run again.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { expectCode, testClient, testDatabase, testStore } from './support/server-test.ts'

const PREPARED = 'select count(*)::int as n from pg_prepared_statements'

it('another session’s ALTER is survived, with the new columns, and for good', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int)`.execute(store.db)
  await sql`insert into t values (1)`.execute(store.db)
  const read = () => sql`select * from t`.execute(store.db)
  expect((await read()).rows).toEqual([{ id: 1 }])
  await outside.query(`alter table t add column name text default 'ann'`)
  expect((await read()).rows).toEqual([{ id: 1, name: 'ann' }])
  await outside.query(`alter table t alter column id type text`)
  expect((await read()).rows).toEqual([{ id: '1', name: 'ann' }])
  expect((await read()).rows).toEqual([{ id: '1', name: 'ann' }])
})

it('inside a transaction it is SERIALIZATION, and retry runs the whole again', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int)`.execute(store.db)
  const work = () => store.transaction((tx) => sql`select * from t`.execute(tx))
  await work()
  await outside.query('alter table t add column name text')
  expect((await expectCode(work(), 'SERIALIZATION')).retryable).toBe(true)
  await outside.query('alter table t add column age int')
  const again = store.transaction((tx) => sql`select * from t`.execute(tx), { retry: { attempts: 2, backoffMs: 1 } })
  expect((await again).rows).toEqual([])
})

it('statements that are gone in the server are prepared anew', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  const read = () => sql`select 1 as one`.execute(store.db)
  await read()
  for (const text of ['deallocate all', 'discard all']) {
    await store.withConnection(({ db }) => sql.raw(text).execute(db))
    expect((await read()).rows).toEqual([{ one: 1 }])
  }
  // Past what is seen here: by a statement that looks like another one.
  await sql`do $$ begin execute 'deallocate all'; end $$`.execute(store.db)
  expect((await read()).rows).toEqual([{ one: 1 }])
})

it('our own DDL makes other connections prepare anew before they fail', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 2 } })
  await sql`create table t (id int)`.execute(store.db)
  await store.withConnection(async ({ db }) => {
    await sql`select * from t`.execute(db)
    await sql`alter table t add column name text`.execute(store.db)
    // In a transaction it could not be run once more.
    await db.transaction().execute((tx) => sql`select * from t`.execute(tx))
  })
})

it('no more statements are kept than told, and none twice', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 }, statementCacheSize: 3 })
  for (let index = 0; index < 10; index++) await sql.raw(`select ${index} as i`).execute(store.db)
  for (let round = 0; round < 3; round++) await sql`select 9 as i`.execute(store.db)
  const { rows } = await sql<{ n: number }>`${sql.raw(PREPARED)}`.execute(store.db)
  expect(rows[0]?.n).toBeLessThanOrEqual(4)
  const { statementCache } = store.stats().engine
  expect(statementCache?.hitCount).toBeGreaterThan(0)
})

it('a statement that fails is not prepared a second time under its name', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int primary key)`.execute(store.db)
  for (let round = 0; round < 3; round++) {
    const insert = sql`insert into t values (${1})`.execute(store.db)
    if (round === 0) await insert
    else await expectCode(insert, 'CONSTRAINT')
  }
  await expectCode(sql`select 1 / ${0}::int`.execute(store.db), 'INVALID_ARGUMENT')
  await expectCode(sql`select 1 / ${0}::int`.execute(store.db), 'INVALID_ARGUMENT')
  await expectCode(sql`select nonsense`.execute(store.db), 'SYNTAX')
  await expectCode(sql`select nonsense`.execute(store.db), 'SYNTAX')
})
