// A network that loses, holds and delays, at every moment in the life of a connection: each ends in its code within its
// deadline, the pool heals, and nothing comes to where nobody awaits it.
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultProxy, openFaultProxy } from '../../../test/servers/fault-proxy.ts'
import { afterTest, expectCode, RUNNING, testClient, testDatabase, testStore, until } from './support/server-test.ts'

const LIMITS = { connectTimeoutMs: 300, controlTimeoutMs: 300, cancelTimeoutMs: 300 } as const
/** Whatever a limit above has to end, with room for a machine that is busy with other things. */
const SOON_MS = 10_000

const uncaught: unknown[] = []
const note = (error: unknown): void => void uncaught.push(error)

beforeEach(() => {
  uncaught.length = 0
  process.on('uncaughtExceptionMonitor', note)
})

afterEach(() => {
  process.off('uncaughtExceptionMonitor', note)
  expect(uncaught).toEqual([])
})

async function proxied(): Promise<{ proxy: FaultProxy; directUrl: string }> {
  const { url } = await testDatabase()
  const proxy = await openFaultProxy(url)
  afterTest(() => proxy.close())
  return { proxy, directUrl: url }
}

describe.each(['end', 'reset'] as const)('connections that end by %s', (how) => {
  it('while they do nothing: nobody hears of it', async () => {
    const { proxy } = await proxied()
    const store = await testStore(proxy.url)
    await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.01)`.execute(store.db)))
    const { linkCount } = proxy
    expect(linkCount).toBeGreaterThan(1)
    proxy.cut(how)
    await expect.poll(() => proxy.linkCount).toBe(0)
    for (let time = 0; time < 3; time++) await sql`select 1`.execute(store.db)
    expect(store.stats().errorCount).toEqual({})
  })

  it('amid a read, a stream, a transaction: CONNECTION, and the next ones work', async () => {
    const { proxy, directUrl } = await proxied()
    const outside = await testClient(directUrl)
    const store = await testStore(proxy.url)
    const running = expectCode(sql`select pg_sleep(30)`.execute(store.db), 'CONNECTION')
    await until(outside, `(${RUNNING}) = 1`)
    proxy.cut(how)
    await running

    const stream = store.db.selectFrom(sql`generate_series(1, 100000)`.as('n')).selectAll().stream(10)
    await stream.next()
    proxy.cut(how)
    await expectCode(
      (async () => {
        for await (const _ of stream);
      })(),
      'CONNECTION',
    )

    const outcome = store.transaction(async (tx) => {
      await sql`select 1`.execute(tx)
      proxy.cut(how)
      await sql`select 2`.execute(tx)
    })
    await expectCode(outcome, 'CONNECTION')
    expect((await sql`select 1 as one`.execute(store.db)).rows).toEqual([{ one: 1 }])
    expect(store.stats().engine.pool?.leased).toBe(0)
    expect(store.stats().inFlight).toBe(0)
  })

  it('before they are there, at the first and at a later one: CONNECTION', async () => {
    const { proxy } = await proxied()
    const store = await testStore(proxy.url, LIMITS)
    proxy.cut(how)
    await expect.poll(() => proxy.linkCount).toBe(0)
    // The name is in the packet that each connection begins with.
    const cut = proxy.cutAt('upkeep', 'before', how)
    await expectCode(sql`select 1`.execute(store.db), 'CONNECTION')
    await cut
    await sql`select 1`.execute(store.db)
    proxy.cutAt('upkeep', 'after', how)
    await expectCode(testStore(proxy.url, LIMITS), 'CONNECTION')
  })
})

describe('a server that cannot be reached', () => {
  it('and refuses is CONNECTION at once, and back as soon as it is back', async () => {
    const { proxy } = await proxied()
    const store = await testStore(proxy.url, LIMITS)
    proxy.refuse()
    proxy.cut('reset')
    await expectCode(sql`select 1`.execute(store.db), 'CONNECTION')
    await expectCode(testStore(proxy.url, LIMITS), 'CONNECTION')
    proxy.resume()
    await sql`select 1`.execute(store.db)
  })

  it('and says nothing is TIMEOUT by connectTimeoutMs: opening, a statement, a transaction, health', async () => {
    const { proxy } = await proxied()
    const store = await testStore(proxy.url, { ...LIMITS, health: { timeoutMs: 300 } })
    proxy.cut('reset')
    proxy.stall('all')
    const startedMs = performance.now()
    await expectCode(testStore(proxy.url, LIMITS), 'TIMEOUT')
    await expectCode(sql`select 1`.execute(store.db), 'TIMEOUT')
    await expectCode(
      store.transaction(async () => undefined).then(() => sql`select 1`.execute(store.db)),
      'TIMEOUT',
    )
    const { findings } = await store.health({ fresh: true })
    expect(findings.find(({ code }) => code === 'reachable')?.status).toBe('fail')
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
    proxy.resume()
    await sql`select 1`.execute(store.db)
  })
})

describe('a network that holds everything', () => {
  it('does not hold up an abort: a read is ABORTED, a write OUTCOME_UNKNOWN, and the connections are gone', async () => {
    const { proxy, directUrl } = await proxied()
    const outside = await testClient(directUrl)
    const store = await testStore(proxy.url, LIMITS)
    await sql`create table t (id int)`.execute(store.db)
    for (const [query, code] of [
      [sql`select pg_sleep(30)`, 'ABORTED'],
      [sql`insert into t select 1 from pg_sleep(30)`, 'OUTCOME_UNKNOWN'],
    ] as const) {
      const controller = new AbortController()
      const running = expectCode(query.execute(store.db, { signal: controller.signal }), code)
      await until(outside, `(${RUNNING}) = 1`)
      proxy.stall('all')
      const startedMs = performance.now()
      controller.abort()
      await running
      expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
      proxy.resume()
      await sql`select 1`.execute(store.db)
      await until(outside, `(${RUNNING}) = 0`)
    }
  })

  it('does not hold up close(): it is over by its limits, and not clean', async () => {
    const { proxy, directUrl } = await proxied()
    const outside = await testClient(directUrl)
    const store = await testStore(proxy.url, LIMITS)
    const running = store.transaction((tx) => sql`select pg_sleep(30)`.execute(tx)).catch((error: unknown) => error)
    await until(outside, `(${RUNNING}) = 1`)
    proxy.stall('all')
    const startedMs = performance.now()
    expect(await store.close({ drainMs: 50, maintenanceOnClose: false })).toMatchObject({ clean: false })
    expect(performance.now() - startedMs).toBeLessThan(SOON_MS)
    expect(await running).toBeInstanceOf(Error)
    expect(store.status).toBe('closed')
  })
})

it('a slow network is none that fails: values, transactions, streams and aborts are the same', async () => {
  const { proxy, directUrl } = await proxied()
  const outside = await testClient(directUrl)
  const store = await testStore(proxy.url)
  await sql`create table t (id int)`.execute(store.db)
  proxy.delayMs = 30
  await store.transaction((tx) => sql`insert into t select generate_series(1, 50)`.execute(tx))
  const ids: unknown[] = []
  for await (const row of store.db.selectFrom(sql<{ id: number }>`t`.as('t')).selectAll().stream(20)) ids.push(row)
  expect(ids.length).toBe(50)
  const controller = new AbortController()
  const running = expectCode(sql`select pg_sleep(30)`.execute(store.db, { signal: controller.signal }), 'ABORTED')
  await until(outside, `(${RUNNING}) = 1`)
  controller.abort()
  await running
  expect((await outside.query(RUNNING)).rows).toEqual([{ count: '0' }])
  expect(store.stats().errorCount).toEqual({ ABORTED: 1 })
})
