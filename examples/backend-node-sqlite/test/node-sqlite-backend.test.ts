/**
 * What this backend adds to the core: its URL, its files, and what `node:sqlite` does not say by itself. The contract
 * as a whole is the conformance suite's to test, in test/runs.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columnTypes, json, openStore, type Store, type StoreErrorCode } from '@upkeep/core'
import { CompiledQuery, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeSqlite, openNodeSqliteStore } from '../src/index.ts'

let folder: string
let path: string
const stores: Store<any>[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-sqlite-'))
  path = join(folder, 'test.db')
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(...given: Partial<Parameters<typeof openNodeSqliteStore>>): Promise<Store<any>> {
  const store = await openNodeSqliteStore(given[0] ?? path, given[1], given[2])
  stores.push(store)
  return store
}

async function expectCode(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'StoreError', code })
}

async function withNumbers(count: number): Promise<Store<any>> {
  const store = await open()
  await sql`create table number (id integer primary key, text text)`.execute(store.db)
  const series = sql`with recursive n(i) as (values (1) union all select i + 1 from n where i < ${count})`
  await sql`insert into number ${series} select i, printf('%0500d', i) from n`.execute(store.db)
  return store
}

describe('open', () => {
  test('by URL, with options in it', async () => {
    const store = await openStore(`node-sqlite:${path}?busyTimeoutMs=0`, { backends: [nodeSqlite()] })
    stores.push(store)
    expect(store).toMatchObject({ name: 'node-sqlite', location: path, status: 'open' })
    expect(store.capabilities).toMatchObject({ vacuum: false, maintenance: 'inline', asyncContext: true })
    expect((await sql`pragma busy_timeout`.execute(store.db)).rows).toEqual([{ timeout: 0 }])
  })

  test.each(['a b.db', 'what?.db', 'hash#.db', '100%.db', 'é.db'])(
    'a file named %s, for its owner alone',
    async (name) => {
      const store = await open(join(folder, name))
      await sql`create table t (id integer)`.execute(store.db)
      for (const file of [name, `${name}-wal`]) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
    },
  )

  test('what cannot be opened is told apart, and nothing is made', async () => {
    await expectCode(open(''), 'INVALID_ARGUMENT')
    await expectCode(open(join(folder, 'missing', 'test.db')), 'INVALID_ARGUMENT')
    await expectCode(open(folder), 'INVALID_ARGUMENT')
    await expectCode(open(path, { readOnly: true }), 'INVALID_ARGUMENT')
    await expectCode(open(path, { readonly: true } as object), 'INVALID_ARGUMENT')
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
    mkdirSync(join(folder, 'other'))
    writeFileSync(join(folder, 'other', 'text.db'), 'this is no database, but long enough to be looked at '.repeat(9))
    await expectCode(open(join(folder, 'other', 'text.db')), 'CORRUPT')
  })

  test('in memory', async () => {
    const store = await open(':memory:')
    expect(store.capabilities).toMatchObject({ persistent: false, concurrentReads: false })
    expect((await sql`select 5 / ${2} as n`.execute(store.db)).rows).toEqual([{ n: 2 }])
  })
})

test('values come back as they went in', async () => {
  const { db } = await open()
  const types = columnTypes(db)
  const kinds = ['integer', 'boolean', 'decimal', 'instant', 'json', 'bytes'] as const
  let table = db.schema.createTable('sample')
  for (const kind of kinds) table = table.addColumn(kind, types[kind])
  await table.execute()
  const row = {
    integer: 2n ** 53n + 1n,
    boolean: true,
    decimal: '1.0',
    instant: new Date(0),
    json: ['a', 1],
    bytes: new Uint8Array([0, 255]),
  }
  await db
    .insertInto('sample')
    .values({ ...row, json: json(row.json) })
    .execute()
  const [found] = await db.selectFrom('sample').selectAll().execute()
  expect(found).toStrictEqual(row)
  expect((await sql`select -integer as n, 1 as one from sample`.execute(db)).rows).toStrictEqual([
    { n: -(2n ** 53n) - 1n, one: 1 },
  ])
  for await (const one of db.selectFrom('sample').selectAll().stream()) expect(one).toStrictEqual(row)
})

describe('what node:sqlite does not say', () => {
  test('a text of several statements runs none, and a comment behind one is none', async () => {
    const { db } = await withNumbers(3)
    const text = "select 1 as n ; /* it's */ -- done"
    for (const bad of [`${text}\n; delete from number`, 'delete from number; delete from number', '', '-- nothing'])
      await expectCode(sql.raw(bad).execute(db), 'INVALID_ARGUMENT')
    expect((await sql.raw(text).execute(db)).rows).toEqual([{ n: 1 }])
    expect((await db.selectFrom('number').select('id').execute()).length).toBe(3)
  })

  test('a missing value is no NULL', async () => {
    const { db } = await withNumbers(1)
    const insert = (...parameters: unknown[]) =>
      db.executeQuery(CompiledQuery.raw('insert into number (id, text) values (?, ?)', parameters))
    for (const parameters of [[], [7], [7, 'a', 'b']]) await expectCode(insert(...parameters), 'INVALID_ARGUMENT')
    expect((await insert(7, 'a')).numAffectedRows).toBe(1n)
    await expectCode(insert(8), 'INVALID_ARGUMENT')
    expect((await db.selectFrom('number').select('id').execute()).length).toBe(2)
  })

  test('a statement that changes no rows affects none', async () => {
    const { db } = await withNumbers(5)
    expect((await sql`create table other (id integer)`.execute(db)).numAffectedRows).toBe(0n)
    expect((await sql`delete from number where id > 3`.execute(db)).numAffectedRows).toBe(2n)
    expect((await sql`drop table if exists missing`.execute(db)).numAffectedRows).toBe(0n)
    expect((await sql`delete from number returning id`.execute(db)).rows.length).toBe(3)
  })
})

test('a transaction is rolled back whole, nested ones by themselves, and cannot wait for itself', async () => {
  const store = await withNumbers(2)
  const ids = async () => (await store.db.selectFrom('number').select('id').execute()).map(({ id }) => id)
  const planted = new Error('planted')
  await store.transaction(async (tx) => {
    await tx.deleteFrom('number').where('id', '=', 1).execute()
    const nested = tx.nested(async (inner) => {
      await inner.deleteFrom('number').execute()
      throw planted
    })
    await expect(nested).rejects.toBe(planted)
    expect(await ids()).toEqual([1, 2])
    await expectCode(store.db.deleteFrom('number').execute(), 'NESTED_USE')
  })
  expect(await ids()).toEqual([2])
  const failing = store.transaction(async (tx) => {
    await tx.deleteFrom('number').execute()
    throw planted
  })
  await expect(failing).rejects.toBe(planted)
  expect(await ids()).toEqual([2])
})

test('a stream that is left early keeps nothing open', async () => {
  const store = await withNumbers(500)
  for await (const { id } of store.db.selectFrom('number').selectAll().stream(10)) if (id === 25) break
  await store.db.deleteFrom('number').execute()
  expect(await store.close()).toMatchObject({ clean: true, walSizeBytes: 0 })
})

describe('maintenance', () => {
  test('gives the space of deleted rows back', async () => {
    const store = await withNumbers(5000)
    await store.db.deleteFrom('number').where('id', '>', 10).execute()
    const report = await store.maintenance()
    expect(report.outcome).toBe('ok')
    const { before, after } = report.steps.find(({ name }) => name === 'reclaim') ?? {}
    expect(before).toMatchObject({ freePageCount: expect.any(Number), autoVacuum: 'incremental' })
    expect(after).toMatchObject({ freePageCount: 0 })
    expect(statSync(path).size).toBeLessThan(100_000)
    expect((await store.db.selectFrom('number').select('id').execute()).length).toBe(10)
  })

  test('has no full VACUUM, and says so', async () => {
    const store = await withNumbers(1)
    await expectCode(store.maintenance({ steps: ['vacuum'] }), 'UNSUPPORTED')
    const report = await store.maintenance({ mode: 'full', integrity: 'full' })
    expect(report.outcome).toBe('ok')
    expect(report.steps.find(({ name }) => name === 'vacuum')).toMatchObject({ status: 'skipped' })
  })
})
