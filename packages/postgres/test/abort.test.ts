// A signal stops what runs in the server, and nothing else: the outcome is definite, and no neighbour is hit.
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { expectCode, RUNNING, testClient, testDatabase, testStore, until } from './support/server-test.ts'

const ENDLESS = sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`

describe('a running statement', () => {
  for (const [name, query] of Object.entries({ pg_sleep: sql`select pg_sleep(30)`, 'an endless CTE': ENDLESS })) {
    it(`${name} is stopped in the server, with the reason of its signal`, async () => {
      const { url } = await testDatabase()
      const outside = await testClient(url)
      const store = await testStore(url, { timeouts: { defaultMs: false } })
      const controller = new AbortController()
      const reason = new Error('stop')
      const running = query.execute(store.db, { signal: controller.signal })
      await until(outside, `(${RUNNING}) = 1`)
      controller.abort(reason)
      const error = await expectCode(running, 'ABORTED')
      expect(error.cause).toBe(reason)
      const { rows } = await outside.query(RUNNING)
      expect(rows).toEqual([{ count: '0' }])
      expect(store.stats().engine.pool?.leased).toBe(0)
    })
  }

  it('in a transaction dooms it, and its connection is used again', async () => {
    const { url } = await testDatabase()
    const outside = await testClient(url)
    const store = await testStore(url, { pool: { max: 1 } })
    await sql`create table t (id int)`.execute(store.db)
    const controller = new AbortController()
    const outcome = store.transaction(async (tx) => {
      await sql`insert into t values (1)`.execute(tx)
      const running = sql`select pg_sleep(30)`.execute(tx, { signal: controller.signal })
      await until(outside, `(${RUNNING}) = 1`)
      controller.abort()
      await expectCode(running, 'ABORTED')
      await expectCode(sql`select 1`.execute(tx), 'ABORTED')
    })
    await expectCode(outcome, 'ABORTED')
    expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
  })

  it('that waits for a lock of somebody else is stopped', async () => {
    const { url } = await testDatabase()
    const outside = await testClient(url)
    const store = await testStore(url)
    await sql`create table t (id int)`.execute(store.db)
    await outside.query('begin; lock table t')
    const controller = new AbortController()
    const waiting = sql`insert into t values (1)`.execute(store.db, { signal: controller.signal })
    const third = await testClient(url)
    await until(third, `exists (select from pg_locks where not granted)`)
    controller.abort()
    await expectCode(waiting, 'ABORTED')
    expect((await third.query('select from pg_locks where not granted')).rowCount).toBe(0)
  })

  it('of a stream is stopped between and within its chunks', async () => {
    const { url } = await testDatabase()
    const store = await testStore(url)
    const controller = new AbortController()
    // The second chunk takes for ever.
    const slow = sql<{ i: number }>`(select i, case when i > 10 then pg_sleep(30) end from generate_series(1, 100) i)`
    const read = async (): Promise<void> => {
      const rows = store.db.selectFrom(slow.as('slow')).select('i').stream({ chunkSize: 10, signal: controller.signal })
      for await (const { i } of rows) if (i === 10) setTimeout(() => controller.abort(), 1)
    }
    await expectCode(read(), 'ABORTED')
    expect(store.stats().engine.pool?.leased).toBe(0)
  })

  it('that had completed keeps its result', async () => {
    const { url } = await testDatabase()
    const store = await testStore(url)
    await sql`create table t (id int)`.execute(store.db)
    let resolved = 0
    for (let round = 0; round < 40; round++) {
      const controller = new AbortController()
      const running = sql`insert into t values (${round})`.execute(store.db, { signal: controller.signal })
      setTimeout(() => controller.abort(), round % 4)
      await running.then(
        () => resolved++,
        (error: { code: string }) => expect(error.code).toBe('ABORTED'),
      )
    }
    expect((await sql`select count(*) as n from t`.execute(store.db)).rows).toEqual([{ n: resolved }])
  })
})

it('200 aborts in a row hit no other statement, on the same connections or beside', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 2 } })
  let isOver = false
  let neighbours = 0
  const beside = (async () => {
    for (; !isOver; neighbours++) await sql`select pg_sleep(0.001)`.execute(store.db)
  })()
  for (let round = 0; round < 200; round++) {
    const controller = new AbortController()
    const running = sql`select pg_sleep(30)`.execute(store.db, { signal: controller.signal })
    setTimeout(() => controller.abort(), round % 3)
    await expectCode(running, 'ABORTED')
    // At once on the connection that was just stopped.
    await sql`select 1`.execute(store.db)
  }
  isOver = true
  await beside
  expect(neighbours).toBeGreaterThan(0)
})

it('who waits for a connection is let go by its signal, and never runs', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await sql`create table t (id int)`.execute(store.db)
  const controller = new AbortController()
  await store.transaction(async (tx) => {
    await sql`select 1`.execute(tx)
    const waiting = sql`insert into t values (1)`.execute(store.db, { signal: controller.signal })
    setTimeout(() => controller.abort(), 1)
    await expectCode(waiting, 'ABORTED')
  })
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
})

it('a deadline is TIMEOUT, and the server has stopped', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { timeouts: { defaultMs: 50 } })
  await expectCode(sql`select pg_sleep(30)`.execute(store.db), 'TIMEOUT')
  expect((await outside.query(RUNNING)).rows).toEqual([{ count: '0' }])
})

it('what somebody else cancels is ABORTED', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  const running = expectCode(sql`select pg_sleep(30)`.execute(store.db), 'ABORTED')
  await until(outside, `(${RUNNING}) = 1`)
  await outside.query(
    `select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'upkeep' and state = 'active'`,
  )
  expect((await running).nativeCode).toBe('57014')
})
