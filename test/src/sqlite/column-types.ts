/** Declared column types: which names mean which kind, and that they are never stale. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import type { Scenario, Topic } from '../suite/suite.ts'

/** Runs DDL beside the store's own statements. */
const ELSEWHERE: Readonly<
  Record<string, (scenario: Scenario, store: Store<any>) => Promise<(sql: string) => Promise<unknown>>>
> = {
  'the store itself': async (_, store) => (text) => sql.raw(text).execute(store.db),
  'a transaction of the store': async (_, store) => (text) => store.transaction((tx) => sql.raw(text).execute(tx)),
  'a pinned connection': async (_, store) => (text) => store.withConnection(({ db }) => sql.raw(text).execute(db)),
}

const FROM_OUTSIDE: typeof ELSEWHERE = {
  'another store': async ({ open }) => {
    const other = await open<any>()
    return (text) => sql.raw(text).execute(other.db)
  },
  'another process': async ({ probe }) => probe,
}

export const columnTypes: Topic = ({ harness, expect, test }) => {
  const places = harness.capabilities.multiProcess ? { ...ELSEWHERE, ...FROM_OUTSIDE } : ELSEWHERE

  for (const [place, begin] of Object.entries(places)) {
    test(`a table that ${place} made anew with other types is read by the new ones`, async (scenario) => {
      const store = await scenario.open<any>()
      const elsewhere = await begin(scenario, store)
      const read = async () => (await store.db.selectFrom('thing').select('value').executeTakeFirstOrThrow()).value
      const readInTransaction = () =>
        store.transaction(async (tx) => (await tx.selectFrom('thing').select('value').executeTakeFirstOrThrow()).value)
      for (const [type, stored, value] of [
        ['boolean', '1', true],
        ['integer', '1', 1],
        ['boolean', '0', false],
        ['text', "'1'", '1'],
        ['json text', `'{"a":1}'`, { a: 1 }],
        ['text', `'{"a":1}'`, '{"a":1}'],
        ['timestamp text', "'2024-02-29T12:34:56.789Z'", new Date('2024-02-29T12:34:56.789Z')],
        ['decimal text', "'1.0'", '1.0'],
      ] as const) {
        await elsewhere('drop table if exists thing')
        await elsewhere(`create table thing (id integer primary key, value ${type})`)
        await elsewhere(`insert into thing (id, value) values (1, ${stored})`)
        expect([type, await read(), await read(), await readInTransaction()]).toEqual([type, value, value, value])
      }
    })
  }

  if (harness.capabilities.multiProcess) {
    test('types that were rolled back here and then made elsewhere are not taken for each other', async ({
      open,
      probe,
    }) => {
      const store = await open<any>()
      const read = (db: typeof store.db) => db.selectFrom('thing').select('value').executeTakeFirst()
      const make = async (run: (text: string) => Promise<unknown>, type: string): Promise<void> => {
        await run('drop table thing')
        await run(`create table thing (value ${type})`)
        await run('insert into thing values (1)')
      }
      await sql`create table thing (value text)`.execute(store.db)
      await store
        .transaction(async (tx) => {
          await make((text) => sql.raw(text).execute(tx), 'boolean')
          expect(await read(tx)).toEqual({ value: true })
          throw new Error('planted')
        })
        .catch(() => undefined)
      await make(probe, 'integer')
      expect(await store.transaction((tx) => read(tx))).toEqual({ value: 1 })
      expect(await read(store.db)).toEqual({ value: 1 })
    })
  }

  test('DDL that was rolled back leaves the old types', async ({ open }) => {
    const store = await open<any>()
    await sql`create table thing (value boolean)`.execute(store.db)
    await sql`insert into thing values (1)`.execute(store.db)
    const read = async (db: typeof store.db) =>
      (await sql<{ value: unknown }>`select value from thing`.execute(db)).rows[0]?.value
    expect(await read(store.db)).toBe(true)
    await store
      .transaction(async (tx) => {
        await sql`drop table thing`.execute(tx)
        await sql`create table thing (value integer)`.execute(tx)
        await sql`insert into thing values (1)`.execute(tx)
        expect(await read(tx)).toBe(1)
        throw new Error('planted')
      })
      .catch(() => undefined)
    expect(await read(store.db)).toBe(true)
    expect(await store.transaction((tx) => read(tx))).toBe(true)
  })

  test('a column that is added and one that is renamed are seen by select *', async ({ open }) => {
    const { db } = await open<any>()
    await sql`create table thing (one boolean)`.execute(db)
    await sql`insert into thing values (1)`.execute(db)
    const read = async () => (await sql`select * from thing`.execute(db)).rows
    expect(await read()).toEqual([{ one: true }])
    await sql`alter table thing add column two json text default '[2]'`.execute(db)
    expect(await read()).toEqual([{ one: true, two: [2] }])
    await sql`alter table thing rename column one to three`.execute(db)
    expect(await read()).toEqual([{ three: true, two: [2] }])
  })

  test('names of types', async ({ open }) => {
    const { db } = await open<any>()
    const instant = new Date('2024-02-29T12:34:56.789Z')
    for (const [type, stored, value] of [
      ['BOOLEAN NOT NULL', '1', true],
      ['bool', '0', false],
      ['INT', '5', 5],
      ['BIGINT', '9007199254740993', 2n ** 53n + 1n],
      ['INTEGER', '9007199254740992', 2n ** 53n],
      ['DOUBLE PRECISION', '5', 5],
      ['float', '1.5', 1.5],
      ['NUMERIC(10, 2)', "'1.5'", '1.5'],
      ['decimal text', "'1.50'", '1.50'],
      ['VARCHAR(20)', "'x'", 'x'],
      ['char(2)', "'x'", 'x'],
      ['TIMESTAMP', "'2024-02-29T12:34:56.789Z'", instant],
      ['timestamp text', "'2024-02-29 12:34:56.789'", instant],
      ['JSON', `'{"a":[1]}'`, { a: [1] }],
      ['blob', "x'0102'", new Uint8Array([1, 2])],
      ['', "'untyped'", 'untyped'],
    ] as const) {
      await sql.raw(`create table thing (value ${type})`).execute(db)
      await sql.raw(`insert into thing values (${stored})`).execute(db)
      expect([type, (await sql`select value from thing`.execute(db)).rows]).toEqual([type, [{ value }]])
      await sql`drop table thing`.execute(db)
    }
  })

  test('what does not look like its type comes as it is stored', async ({ open }) => {
    const { db } = await open<any>()
    await sql`create table thing (flag boolean, at timestamp text, doc json text)`.execute(db)
    await sql`insert into thing values (7, 'yesterday', '{broken')`.execute(db)
    expect((await sql`select * from thing`.execute(db)).rows).toEqual([{ flag: 7, at: 'yesterday', doc: '{broken' }])
  })

  test('generated columns have types, expressions have none', async ({ open }) => {
    const { db } = await open<any>()
    await sql`create table thing (id integer, big boolean generated always as (id > 5))`.execute(db)
    await sql`insert into thing (id) values (7)`.execute(db)
    expect((await sql`select big, id > 5 as bigger from thing`.execute(db)).rows).toEqual([{ big: true, bigger: 1 }])
    await sql`create table event (at timestamp text)`.execute(db)
    await sql`insert into event values ('2024-02-29T12:34:56.789Z')`.execute(db)
    expect((await sql`select max(at) as last from event`.execute(db)).rows).toEqual([
      { last: '2024-02-29T12:34:56.789Z' },
    ])
  })

  test('of columns with one name the last wins, with its own type', async ({ open }) => {
    const { db } = await open<any>()
    await sql`create table thing (flag boolean, count integer, doc json text, note text)`.execute(db)
    await sql`insert into thing values (1, 1, '"5"', '5')`.execute(db)
    const read = async (columns: string) =>
      (await sql.raw<{ x: unknown }>(`select ${columns} from thing`).execute(db)).rows
    expect(await read('flag as x, count as x')).toEqual([{ x: 1 }])
    expect(await read('count as x, flag as x')).toEqual([{ x: true }])
    expect(await read('doc as x, note as x')).toEqual([{ x: '5' }])
    expect(await read('doc as x, doc as x')).toEqual([{ x: '5' }])
  })

  test('a column may have any name', async ({ open }) => {
    const { db } = await open<any>()
    for (const name of ['constructor', 'hasOwnProperty', 'a "b" c', 'ünï 🦊', '0']) {
      const rows = (await sql<Record<string, unknown>>`select ${true} as ${sql.id(name)}`.execute(db)).rows
      expect(Object.entries(rows[0] ?? {})).toEqual([[name, 1]])
    }
  })
}
