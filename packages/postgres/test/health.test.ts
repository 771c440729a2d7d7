// The findings that only a server has. What the core makes of `stats()` is tested there.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { testClient, testDatabase, testStore } from './support/server-test.ts'

it('tells role, version, ages and dead rows, and who holds a snapshot', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  const find = async (code: string) => (await store.health({ fresh: true })).findings.find((one) => one.code === code)
  expect(await find('recovery')).toMatchObject({ status: 'pass', value: 0 })
  expect((await find('server_version'))?.value).toBeGreaterThanOrEqual(18)
  expect(await find('xid_age')).toMatchObject({ status: 'pass', limit: 500_000_000 })
  expect(await find('dead_rows')).toMatchObject({ status: 'pass' })
  const outside = await testClient(url)
  await outside.query('begin isolation level repeatable read; select 1')
  await sql`create table t (id int)`.execute(store.db)
  for (let index = 0; index < 5; index++) await sql`insert into t values (1)`.execute(store.db)
  const held = await find('xmin_age')
  expect(held?.value).toBeGreaterThanOrEqual(5)
  expect(held?.text).toContain('a session')
})
