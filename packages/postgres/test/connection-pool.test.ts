// Who has which connection, for how long, and which ones nobody gets again.
import { sql } from 'kysely'
import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { createManualClock } from '../../core/test/support/manual-clock.ts'
import { expectCode, testClient, testDatabase, testStore, until } from './support/server-test.ts'

const OURS = `select count(*)::int as n from pg_stat_activity where application_name = 'upkeep' and datname = current_database()`

async function pid(store: { db: any }): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(store.db)
  return rows[0]?.pid ?? 0
}

async function connectionCount(outside: Client): Promise<number> {
  return (await outside.query<{ n: number }>(OURS)).rows[0]?.n ?? 0
}

it('max is kept, who comes later waits, and is BUSY when its time is up', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { pool: { max: 2, acquireTimeoutMs: 20 } })
  await store.transaction(async (one) => {
    await sql`select 1`.execute(one)
    await store.transaction(async (two) => {
      await sql`select 1`.execute(two)
      const error = await expectCode(sql`select 1`.execute(store.db), 'BUSY')
      expect(error.retryable).toBe(true)
      expect(await connectionCount(outside)).toBe(2)
    })
    await sql`select 1`.execute(store.db)
  })
  const { pool } = store.stats().engine
  expect(pool).toMatchObject({ limit: 2, leased: 0, peakLeased: 2, waiting: 0, peakWaiting: 1 })
})

it('a connection is used again, and none is opened for statements one after another', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  const first = await pid(store)
  for (let round = 0; round < 5; round++) expect(await pid(store)).toBe(first)
  expect(await connectionCount(outside)).toBe(1)
})

it('one with a transaction that was left open, one whose handle was given away: nobody gets them again', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  const before = await pid(store)
  await store.withConnection(({ db }) => sql`begin`.execute(db))
  const second = await pid(store)
  expect(second).not.toBe(before)
  await store.withConnection(async ({ raw }) => {
    expect(raw).toMatchObject({ processID: second })
  })
  expect(await pid(store)).not.toBe(second)
  await expectCode(
    store.withConnection(async ({ db }) => {
      await sql`begin`.execute(db)
      await sql`nonsense`.execute(db)
    }),
    'SYNTAX',
  )
  // 25P02 would come from a transaction that has failed.
  await sql`select 1`.execute(store.db)
})

it('what a connection was told is undone before the next one has it', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  const before = await pid(store)
  await store.withConnection(async ({ db }) => {
    await sql`set work_mem = '5MB'`.execute(db)
    await sql`create temp table scratch (id int)`.execute(db)
    await sql`select pg_advisory_lock(7)`.execute(db)
    await sql`prepare mine as select 1`.execute(db)
  })
  const { rows } = await sql`
    select current_setting('work_mem') as "workMem", current_setting('TimeZone') as zone,
      (select count(*) from pg_locks where locktype = 'advisory') as locks, to_regclass('scratch') is null as gone`.execute(
    store.db,
  )
  expect(rows).toEqual([{ workMem: '4MB', zone: 'UTC', locks: 0, gone: true }])
  expect(await pid(store)).toBe(before)
})

it('what changes a connection is refused where the next statement may have another one', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  for (const text of [
    'set work_mem = 100',
    'select pg_advisory_lock(1)',
    'begin',
    'listen a',
    'vacuum',
    'create temp table a ()',
  ])
    await expectCode(sql.raw(text).execute(store.db), 'INVALID_ARGUMENT')
  await expectCode(
    store.transaction((tx) => sql`commit`.execute(tx)),
    'INVALID_ARGUMENT',
  )
  await store.transaction((tx) => sql`set local work_mem = '5MB'`.execute(tx))
})

it('one with nothing to do is closed after idleTimeoutMs, down to min; an old one is replaced', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const clock = createManualClock()
  const store = await testStore(url, {
    clock,
    pool: { min: 1, max: 3, idleTimeoutMs: 1000, maxLifetimeMs: 100_000 },
    timeouts: { defaultMs: false },
  })
  await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(store.db)))
  expect(await connectionCount(outside)).toBe(3)
  clock.advance(1000)
  await until(outside, `(${OURS}) = 1`)
  clock.advance(1000)
  const first = await pid(store)
  clock.advance(100_000)
  expect(await pid(store)).not.toBe(first)
})

it('warm opens min connections before anybody has the store', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  await testStore(url, { pool: { min: 3, warm: true } })
  expect(await connectionCount(outside)).toBe(3)
})

it('health answers beside a pool that is wholly leased', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url, { pool: { max: 1 } })
  await store.transaction(async (tx) => {
    await sql`select 1`.execute(tx)
    const { findings } = await store.health({ fresh: true })
    expect(findings.find(({ code }) => code === 'reachable')?.status).toBe('pass')
  })
})

it('close leaves no connection', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  await Promise.all([1, 2, 3].map(() => sql`select 1`.execute(store.db)))
  await store.close()
  await until(outside, `(${OURS}) = 0`)
})
