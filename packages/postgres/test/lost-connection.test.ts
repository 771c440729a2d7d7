// What is told of a statement or a commit whose connection is lost, and that the pool goes on.
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Client } from 'pg'
import { expect, it } from 'vitest'
import { type FaultProxy, openFaultProxy } from '../../../test/servers/fault-proxy.ts'
import { afterTest, expectCode, RUNNING, testClient, testDatabase, testStore, until } from './support/server-test.ts'

async function proxied(): Promise<{ proxy: FaultProxy; directUrl: string }> {
  const { url } = await testDatabase()
  const proxy = await openFaultProxy(url)
  afterTest(() => proxy.close())
  return { proxy, directUrl: url }
}

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'upkeep' and datname = current_database()`

/** Until the server has no session of ours any more, and what it told them has been read. */
async function untilGone(outside: Client): Promise<void> {
  await until(
    outside,
    `not exists (select from pg_stat_activity where application_name = 'upkeep' and datname = current_database())`,
  )
  // That came before this answer, and is read in this turn of the loop.
  await setImmediate()
}

it('a COMMIT whose answer was lost is OUTCOME_UNKNOWN, whether it was done or not', async () => {
  const { proxy } = await proxied()
  const store = await testStore(proxy.url)
  await sql`create table t (id int)`.execute(store.db)
  const insert = (id: number) => store.transaction((tx) => sql`insert into t values (${id})`.execute(tx))
  for (const [id, where, committed] of [
    [1, 'before', false],
    [2, 'within', false],
    [3, 'after', true],
  ] as const) {
    const cut = proxy.cutAt('COMMIT', where, 'reset')
    await expectCode(insert(id), 'OUTCOME_UNKNOWN')
    await cut
    expect((await sql`select id from t where id = ${id}`.execute(store.db)).rows.length).toBe(committed ? 1 : 0)
  }
})

it('a write on its own whose answer was lost is OUTCOME_UNKNOWN, a read CONNECTION', async () => {
  const { proxy } = await proxied()
  const store = await testStore(proxy.url)
  await sql`create table t (id int)`.execute(store.db)
  const cutWrite = proxy.cutAt('insert into t', 'after', 'reset')
  await expectCode(sql`insert into t values (1)`.execute(store.db), 'OUTCOME_UNKNOWN')
  await cutWrite
  const cutRead = proxy.cutAt('select id from t', 'after', 'end')
  await expectCode(sql`select id from t`.execute(store.db), 'CONNECTION')
  await cutRead
  expect((await sql`select id from t`.execute(store.db)).rows).toEqual([{ id: 1 }])
})

it('a statement of a transaction whose connection is lost is CONNECTION, and so is what follows', async () => {
  const { proxy } = await proxied()
  const store = await testStore(proxy.url)
  await sql`create table t (id int)`.execute(store.db)
  const outcome = store.transaction(async (tx) => {
    await sql`insert into t values (1)`.execute(tx)
    proxy.cut('reset')
    await expectCode(sql`insert into t values (2)`.execute(tx), 'CONNECTION')
    await expectCode(sql`insert into t values (3)`.execute(tx), 'CONNECTION')
  })
  await expectCode(outcome, 'CONNECTION')
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
})

it('a server that stalls is TIMEOUT within its deadline, and a COMMIT that stalls OUTCOME_UNKNOWN', async () => {
  const { proxy } = await proxied()
  const store = await testStore(proxy.url, {
    timeouts: { defaultMs: 100 },
    controlTimeoutMs: 100,
    cancelTimeoutMs: 100,
    connectTimeoutMs: 200,
  })
  await sql`create table t (id int)`.execute(store.db)
  const startedMs = performance.now()
  proxy.stall('all')
  await expectCode(sql`select 1`.execute(store.db), 'TIMEOUT')
  // There is nothing in the pool now.
  await expectCode(sql`select 1`.execute(store.db), 'TIMEOUT')
  proxy.resume()
  await sql`select 1`.execute(store.db)
  const stalled = proxy.stallAfter('COMMIT')
  await expectCode(
    store.transaction((tx) => sql`insert into t values (1)`.execute(tx)),
    'OUTCOME_UNKNOWN',
  )
  await stalled
  proxy.resume()
  expect(performance.now() - startedMs).toBeLessThan(5000)
  await sql`select 1`.execute(store.db)
})

it('a backend that is terminated tells that nothing was done, and the pool heals', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  await sql`create table t (id int)`.execute(store.db)
  const running = expectCode(sql`insert into t select 1 from pg_sleep(30)`.execute(store.db), 'CONNECTION')
  await until(outside, `(${RUNNING}) = 1`)
  await outside.query(TERMINATE)
  expect((await running).nativeCode).toBe('57P01')
  // Those that do nothing are lost in silence.
  await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.01)`.execute(store.db)))
  await outside.query(TERMINATE)
  await untilGone(outside)
  const answers = await Promise.allSettled([1, 2, 3].map(() => sql`select 1`.execute(store.db)))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled'])
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
})

it('a transaction that does nothing for too long is TIMEOUT, and rolled back', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url, { idleInTransactionTimeoutMs: 50 })
  await sql`create table t (id int)`.execute(store.db)
  const outcome = store.transaction(async (tx) => {
    await sql`insert into t values (1)`.execute(tx)
    await untilGone(outside)
  })
  await expectCode(outcome, 'TIMEOUT')
  expect((await sql`select * from t`.execute(store.db)).rows).toEqual([])
})
