import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts'
import { createPostgresDatabase, type PostgresTestDatabase } from './test-servers.ts'

let database: PostgresTestDatabase
let proxy: FaultProxy
const clients: pg.Client[] = []

beforeEach(async () => {
  database = await createPostgresDatabase('newest')
  proxy = await openFaultProxy(database.url)
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)))
  await proxy.close()
  await database.drop()
})

async function connect(url = proxy.url): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

const failureOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

describe('a plain client through the proxy', () => {
  it('works as without, also later', async () => {
    const client = await connect()
    proxy.delayMs = 20
    const from = performance.now()
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    expect(performance.now() - from).toBeGreaterThan(35)
    expect(proxy.linkCount).toBe(1)
  })

  it.each(['end', 'reset'] as const)('loses its connection by %s, and a new one works', async (how) => {
    const client = await connect()
    const failing = failureOf(client.query('SELECT pg_sleep(30)'))
    proxy.cut(how)
    expect(await failing).not.toBe('resolved')
    expect((await (await connect()).query('SELECT 1')).rowCount).toBe(1)
  })

  it.each(['before', 'within', 'after'] as const)(
    'cut %s its COMMIT: only after it is anything stored',
    async (where) => {
      const client = await connect()
      await client.query('CREATE TABLE t (id integer)')
      await client.query('BEGIN')
      await client.query('INSERT INTO t VALUES (1)')
      const cut = proxy.cutAt('commit', where, 'reset')
      expect(await failureOf(client.query('COMMIT'))).not.toBe('resolved')
      await cut
      const other = await connect(database.url)
      await expect
        .poll(async () => (await other.query(`SELECT FROM pg_locks WHERE relation = 't'::regclass`)).rowCount)
        .toBe(0)
      expect((await other.query('SELECT FROM t')).rowCount).toBe(where === 'after' ? 1 : 0)
    },
  )

  it('stalls until it may go on', async () => {
    const client = await connect()
    const stalled = proxy.stallAfter('stall_here')
    let isAnswered = false
    const answer = client.query('SELECT 1 AS stall_here').then(() => {
      isAnswered = true
    })
    await stalled
    await (await connect()).query('SELECT 1')
    expect(isAnswered).toBe(false)
    proxy.resume()
    await answer
  })

  it('is not let in', async () => {
    proxy.refuse()
    expect(await failureOf(connect())).not.toBe('resolved')
    proxy.resume()
    await connect()
  })
})
