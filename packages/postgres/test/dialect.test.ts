// The bare dialect under Kysely's own executor, with Kysely's strategies for what is aborted.

import { UpkeepPostgresDialect } from '@upkeep/postgres'
import { Kysely, sql } from 'kysely'
import { expect, it, vi } from 'vitest'
import { afterTest, expectCode, RUNNING, testClient, testDatabase, until } from './support/server-test.ts'

function open(url: string): Kysely<any> {
  // One connection: what comes next waits for what was stopped, and has its connection if that can be had.
  const db = new Kysely<any>({ dialect: new UpkeepPostgresDialect({ url, pool: { min: 0, max: 1 } }) })
  afterTest(() => db.destroy())
  return db
}

it('has the values, transactions and errors of the store', async () => {
  const { url } = await testDatabase()
  const db = open(url)
  await sql`create table t (id bigint primary key, at timestamptz(3))`.execute(db)
  const at = new Date()
  await db.transaction().execute((tx) =>
    tx
      .insertInto('t')
      .values({ id: 2n ** 60n, at })
      .execute(),
  )
  expect(await db.selectFrom('t').selectAll().execute()).toEqual([{ id: 2n ** 60n, at }])
  await expectCode(
    db
      .insertInto('t')
      .values({ id: 2n ** 60n, at })
      .execute(),
    'CONSTRAINT',
  )
  const ids: unknown[] = []
  for await (const { id } of db.selectFrom('t').select('id').stream()) ids.push(id)
  expect(ids).toEqual([2n ** 60n])
})

for (const inflightQueryAbortStrategy of ['cancel query', 'kill session'] as const) {
  it(`'${inflightQueryAbortStrategy}' stops it in the server`, async () => {
    // Kysely prints what the statement it no longer waits for has come to.
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    afterTest(async () => printed.mockRestore())
    const { url } = await testDatabase()
    const outside = await testClient(url)
    const db = open(url)
    const { rows: before } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
    const controller = new AbortController()
    const reason = new Error('stop')
    const running = sql`select pg_sleep(30)`
      .execute(db, { signal: controller.signal, inflightQueryAbortStrategy })
      .catch((error: unknown) => error)
    await until(outside, `(${RUNNING}) = 1`)
    controller.abort(reason)
    expect(await running).toBe(reason)
    await until(outside, `(${RUNNING}) = 0`)
    const { rows: after } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
    expect(after[0]?.pid === before[0]?.pid).toBe(inflightQueryAbortStrategy === 'cancel query')
  })
}
