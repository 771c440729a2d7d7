/** `columnDefaults(db)`: what a default gives is what a bound value of its kind would have given. */
import { columnTypes, columnDefaults as defaultsOf, json, type Store } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { providerOf } from '../client/migrations.ts'
import type { Topic } from '../suite/suite.ts'

/** Documents with all that an SQL text could trip over. */
const DOCUMENTS: readonly unknown[] = [
  {},
  [],
  { a: [1, null, 'two'], b: { c: true } },
  "it's",
  "'); drop table thing; --",
  'back\\slash \\\' and "quotes"',
  'line\nbreak\ttab ? $1 :name @at ; --',
  'zwölf 🦊 \u2028',
  0,
  -1.5,
  true,
  false,
  null,
]

const CLOCKS_APART_MS = 60_000

const makeThing = async (db: Kysely<any>): Promise<void> => {
  const [types, defaults] = [columnTypes(db), defaultsOf(db)]
  let table = db.schema
    .createTable('thing')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('at', types.instant, (column) => column.notNull().defaultTo(defaults.now))
    .addColumn('yes', types.boolean, (column) => column.notNull().defaultTo(defaults.boolean(true)))
    .addColumn('no', types.boolean, (column) => column.notNull().defaultTo(defaults.boolean(false)))
  for (const [index, document] of DOCUMENTS.entries()) {
    table = table.addColumn(`doc_${index}`, types.json, (column) => column.notNull().defaultTo(defaults.json(document)))
  }
  await table.execute()
}

export const columnDefaults: Topic = ({ expect, test }) => {
  const openMigrated = async (open: () => Promise<Store<any>>): Promise<Store<any>> => {
    const store = await open()
    await store.migrate(providerOf({ makeThing }))
    return store
  }

  test('now is a Date with milliseconds, between two of JavaScript’s', async ({ open }) => {
    const store = await openMigrated(open)
    const before = Date.now()
    const row = await store.db.insertInto('thing').values({ id: 1 }).returning('at').executeTakeFirstOrThrow()
    const at = row.at as Date
    expect(at).toBeInstanceOf(Date)
    // A server keeps a time of its own, which may be off by a little; a format that is read wrongly is off by hours.
    const offMs = [before - at.getTime(), at.getTime() - Date.now()]
    expect(offMs.map((ms) => ms < CLOCKS_APART_MS)).toEqual([true, true])
    const next = await store.db.insertInto('thing').values({ id: 2 }).returning('at').executeTakeFirstOrThrow()
    expect((next.at as Date).getTime() >= at.getTime()).toBe(true)
  })

  test('now compares and sorts with bound Dates', async ({ open }) => {
    const { db } = await openMigrated(open)
    await db.insertInto('thing').values({ id: 1 }).execute()
    const { at } = await db.selectFrom('thing').select('at').executeTakeFirstOrThrow()
    const stored = at as Date
    const [earlier, later] = [new Date(stored.getTime() - 1), new Date(stored.getTime() + 1)]
    await db
      .insertInto('thing')
      .values([
        { id: 2, at: later },
        { id: 3, at: earlier },
        { id: 4, at: stored },
      ])
      .execute()
    const ids = async (operator: '<' | '=' | '>'): Promise<unknown[]> =>
      (await db.selectFrom('thing').select('id').where('at', operator, stored).orderBy('id').execute()).map(
        ({ id }) => id,
      )
    expect([await ids('<'), await ids('='), await ids('>')]).toEqual([[3], [1, 4], [2]])
    const sorted = await db.selectFrom('thing').select('id').orderBy('at').orderBy('id').execute()
    expect(sorted.map(({ id }) => id)).toEqual([3, 1, 4, 2])
  })

  test('booleans are booleans', async ({ open }) => {
    const { db } = await openMigrated(open)
    await db.insertInto('thing').values({ id: 1 }).execute()
    expect(await db.selectFrom('thing').select(['yes', 'no']).execute()).toEqual([{ yes: true, no: false }])
    expect(
      (await db.selectFrom('thing').select('id').where('yes', '=', true).where('no', '=', false).execute()).length,
    ).toBe(1)
  })

  test('documents come back as they were given, and equal to bound ones', async ({ open }) => {
    const { db } = await openMigrated(open)
    await db.insertInto('thing').values({ id: 1 }).execute()
    const row = await db.selectFrom('thing').selectAll().executeTakeFirstOrThrow()
    expect(DOCUMENTS.map((_, index) => row[`doc_${index}`])).toEqual(DOCUMENTS)
    for (const [index, document] of DOCUMENTS.entries()) {
      const found = await db.selectFrom('thing').select('id').where(`doc_${index}`, '=', json(document)).execute()
      expect([document, found.length]).toEqual([document, 1])
    }
  })

  test('booleans and documents may be the default of a column that comes later', async ({ open }) => {
    const store = await openMigrated(open)
    await store.db.insertInto('thing').values({ id: 1 }).execute()
    const later = async (db: Kysely<any>): Promise<void> => {
      const [types, defaults] = [columnTypes(db), defaultsOf(db)]
      await db.schema
        .alterTable('thing')
        .addColumn('later', types.boolean, (column) => column.notNull().defaultTo(defaults.boolean(true)))
        .execute()
      await db.schema
        .alterTable('thing')
        .addColumn('tags', types.json, (column) => column.notNull().defaultTo(defaults.json(["it's"])))
        .execute()
    }
    await store.migrate(providerOf({ makeThing, zz: later }))
    expect(await store.db.selectFrom('thing').select(['later', 'tags']).execute()).toEqual([
      { later: true, tags: ["it's"] },
    ])
  })
}
