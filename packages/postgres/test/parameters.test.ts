// What the protocol could not carry is refused before anything is sent, and leaves the connection as it was.
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { expectCode, testDatabase, testStore } from './support/server-test.ts'

it('a NUL, in a parameter or in the text, is INVALID_ARGUMENT, and a transaction goes on', async () => {
  const { url } = await testDatabase()
  const store = await testStore(url)
  await store.transaction(async (tx) => {
    await expectCode(sql`select ${'a\0b'}::text`.execute(tx), 'INVALID_ARGUMENT')
    await expectCode(sql.raw('select 1 as a\0; select 2').execute(tx), 'INVALID_ARGUMENT')
    expect((await sql`select 1 as one`.execute(tx)).rows).toEqual([{ one: 1 }])
  })
})

it('65535 parameters are taken, one more is INVALID_ARGUMENT', async () => {
  const { url } = await testDatabase()
  const { db } = await testStore(url)
  const query = sql`select 1`.compile(db)
  const placeholders = Array.from({ length: 65_535 }, (_, index) => `$${index + 1}`)
  const text = `select count(*) as n from unnest(array[${placeholders.join(',')}]::int[])`
  const parameters = placeholders.map((_, index) => index)
  expect((await db.executeQuery({ ...query, sql: text, parameters })).rows).toEqual([{ n: 65_535 }])
  await expectCode(db.executeQuery({ ...query, sql: text, parameters: [...parameters, 1] }), 'INVALID_ARGUMENT')
})

it('a text of several statements, and COPY from nowhere, are refused, and the connection is used again', async () => {
  const { url } = await testDatabase()
  const { db } = await testStore(url, { pool: { max: 1 } })
  const { rows: before } = await sql`select pg_backend_pid()`.execute(db)
  await sql`create table t (id int)`.execute(db)
  await expectCode(sql`select 1; drop table t`.execute(db), 'SYNTAX')
  await expectCode(sql`copy t from stdin`.execute(db), 'UNSUPPORTED')
  expect((await sql`copy t to stdout`.execute(db)).rows).toEqual([])
  expect((await sql``.execute(db)).rows).toEqual([])
  expect((await sql`select pg_backend_pid()`.execute(db)).rows).toEqual(before)
})

it('what comes out went in, whatever the column', async () => {
  const { url } = await testDatabase()
  const { db } = await testStore(url)
  await sql`create table t (
    id bigint, small smallint, real_ real, double_ double precision, price numeric, at timestamptz(3), plain timestamp,
    day date, doc jsonb, raw json, bytes bytea, ok boolean, key uuid, tags text[], label varchar(20))`.execute(db)
  const row = {
    id: -(2n ** 63n),
    small: -5,
    real_: 1.5,
    double_: Infinity,
    price: '10.50',
    at: new Date('2024-02-29T12:34:56.789Z'),
    plain: new Date('0001-01-01T00:00:00.000Z'),
    day: '2024-02-29',
    doc: { a: [1, { b: null }] },
    raw: { text: 'ä"\\' },
    bytes: new Uint8Array([0, 92, 255]),
    ok: false,
    key: '0b7e1f9c-6a3e-4a55-9d0b-0f5f0e6f6f01',
    label: 'ü',
  }
  await db.insertInto('t').values(row).execute()
  const read = await db.selectFrom('t').selectAll().executeTakeFirstOrThrow()
  expect(read).toEqual({ ...row, tags: null })
  const found = await db.selectFrom('t').select('id').where('at', '=', row.at).where('bytes', '=', row.bytes).execute()
  expect(found).toEqual([{ id: row.id }])
})
