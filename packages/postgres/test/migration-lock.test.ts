// One migrator at a time: ours, through the store and through the adapter, and Kysely's own on its stock dialect.

import { UpkeepPostgresDialect } from '@upkeep/postgres'
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Pool } from 'pg'
import { expect, it } from 'vitest'
import { afterTest, expectCode, testClient, testDatabase, testStore, until } from './support/server-test.ts'

const WAITING = `select exists (select from pg_locks where locktype = 'advisory' and not granted)`

function stockKysely(url: string): Kysely<any> {
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => undefined)
  const db = new Kysely<any>({ dialect: new PostgresDialect({ pool }) })
  afterTest(() => db.destroy())
  return db
}

it('whoever migrates by Kysely’s stock dialect waits for ours, and the other way round', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const store = await testStore(url)
  const order: string[] = []
  const migrations = (name: string, proceed: Promise<void>) => ({
    getMigrations: async () => {
      order.push(`${name} begins`)
      await proceed
      return {}
    },
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = store.migrate(migrations('ours', promise))
  await until(outside, `select exists (select from pg_locks where locktype = 'advisory' and granted)`)
  const stock = new Migrator({ db: stockKysely(url), provider: migrations('stock', Promise.resolve()) })
  const second = stock.migrateToLatest()
  await until(outside, WAITING)
  resolve()
  await first
  expect((await second).error).toBe(undefined)
  expect(order).toEqual(['ours begins', 'stock begins'])
})

it('the key is Kysely’s own', async () => {
  const { url } = await testDatabase()
  const db = stockKysely(url)
  const store = await testStore(url)
  await db.connection().execute(async (one) => {
    await new PostgresAdapter().acquireMigrationLock(one, {} as never)
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 50)
    await expectCode(store.migrate({ getMigrations: async () => ({}) }, { signal: controller.signal }), 'ABORTED')
    await new PostgresAdapter().releaseMigrationLock(one, {} as never)
  })
  await store.migrate({ getMigrations: async () => ({}) })
})

it('the bare dialect takes the same lock, and gives it back', async () => {
  const { url } = await testDatabase()
  const outside = await testClient(url)
  const db = new Kysely<any>({ dialect: new UpkeepPostgresDialect({ url }) })
  afterTest(() => db.destroy())
  const held: number[] = []
  const provider = {
    getMigrations: async () => {
      const { rowCount } = await outside.query(`select from pg_locks where locktype = 'advisory' and granted`)
      held.push(rowCount ?? 0)
      return {}
    },
  }
  for (let round = 0; round < 2; round++)
    expect((await new Migrator({ db, provider }).migrateToLatest()).error).toBe(undefined)
  expect(held.every((count) => count === 1)).toBe(true)
  expect((await sql`select from pg_locks where locktype = 'advisory'`.execute(db)).rows).toEqual([])
})
