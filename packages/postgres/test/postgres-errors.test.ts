// SQLSTATE → codes, by a real server: what is raised is what it would raise by itself.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { expectCode, testDatabase, testStore } from './support/server-test.ts'

const SECRET = 'hunter2'

it('each SQLSTATE has its code, whatever its message', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  for (const [state, code] of [
    ['P0001', 'CONSTRAINT'],
    ['23505', 'CONSTRAINT'],
    ['40001', 'SERIALIZATION'],
    ['40P01', 'SERIALIZATION'],
    ['55P03', 'BUSY'],
    ['53300', 'BUSY'],
    ['53100', 'FULL'],
    ['53200', 'FULL'],
    ['25006', 'READONLY'],
    ['42501', 'PERMISSION'],
    ['28000', 'PERMISSION'],
    ['42P01', 'SYNTAX'],
    ['22012', 'INVALID_ARGUMENT'],
    ['54000', 'INVALID_ARGUMENT'],
    ['0A000', 'UNSUPPORTED'],
    ['XX001', 'CORRUPT'],
    ['25P03', 'TIMEOUT'],
    ['40003', 'OUTCOME_UNKNOWN'],
    ['08006', 'CONNECTION'],
    ['58030', 'CONNECTION'],
    ['ZZ999', 'UNKNOWN'],
  ] as const) {
    const raised = sql.raw(`do $$ begin raise exception '%', 'said' using errcode = '${state}'; end $$`)
    expect((await expectCode(raised.execute(store.db), code)).nativeCode).toBe(state)
  }
})

it('constraints have their kinds and no row in message, stack or cause', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  await sql`create table parent (id int primary key)`.execute(store.db)
  await sql`create table t (
    id text primary key, parent int references parent, n int not null, c int check (c > 0),
    during int4range, exclude using gist (during with &&))`.execute(store.db)
  const insert = (id: string, parent: number | null, n: number | null, c: number) =>
    sql`insert into t values (${id}, ${parent}, ${n}, ${c}, '[1,5)')`.execute(store.db)
  await insert(SECRET, null, 1, 1)
  for (const [kind, attempt] of [
    ['unique', () => insert(SECRET, null, 1, 1)],
    ['unique', () => insert('other', null, 1, 1)],
    ['foreign_key', () => sql`insert into t values (${SECRET + 1}, 7, 1, 1)`.execute(store.db)],
    ['not_null', () => insert(SECRET + 2, null, null, 1)],
    ['check', () => insert(SECRET + 3, null, 1, -1)],
  ] as const) {
    const error = await expectCode(attempt(), 'CONSTRAINT')
    expect(error.kind).toBe(kind)
    const { message, stack, cause } = error
    const all = `${message}${stack}${JSON.stringify(cause)}${(cause as Error).message}${(cause as Error).stack}`
    expect(all).not.toContain(SECRET)
    expect(cause).toMatchObject({ table: 't' })
  }
})

it('a trigger’s own words are the cause, and not in the message', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  const error = await expectCode(
    sql.raw(`do $$ begin raise exception '${SECRET}'; end $$`).execute(store.db),
    'CONSTRAINT',
  )
  expect(error.message).not.toContain(SECRET)
  expect((error.cause as Error).message).toBe(SECRET)
})

it('a server that is not there is CONNECTION, one that lets nobody in PERMISSION, without credentials', async () => {
  const { url } = await testDatabase()
  const nobody = new URL(url)
  nobody.username = 'nobody'
  nobody.password = SECRET
  for (const [at, code] of [
    ['postgres://me:hunter2@127.0.0.1:1/db', 'CONNECTION'],
    [nobody.href, 'PERMISSION'],
    [url.replace(/\/[^/]*$/, '/nowhere'), 'CONNECTION'],
  ] as const) {
    const error = await expectCode(testStore(at), code)
    expect(`${error.message}${error.stack}${String(error.cause)}${JSON.stringify(error.cause)}`).not.toContain(SECRET)
  }
})
