/**
 * The value contract: what goes in comes out, the same by every way of reading. Not: which parameters are refused
 * (`parameters`) and what expressions give (`expressions`).
 */
import { type Kysely, sql } from 'kysely'
import { SAMPLE_VALUES, type SampleColumn, type SampleValues } from '../suite/sample-values.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

type Read = (db: Kysely<TestSchema>, column: SampleColumn) => Promise<readonly { readonly [column: string]: unknown }[]>

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const rows: T[] = []
  for await (const row of stream) rows.push(row)
  return rows
}

/** Ways to read one column of all rows, in the order of their ids, as `value`. */
const READS: Readonly<Record<string, Read>> = {
  'an alias': (db, column) => db.selectFrom('sample').select(`${column} as value`).orderBy('id').execute(),
  'select *': async (db, column) => {
    const rows = await db.selectFrom('sample').selectAll().orderBy('id').execute()
    return rows.map((row) => ({ value: row[column] }))
  },
  'raw sql': async (db, column) =>
    (await sql<{ value: unknown }>`select ${sql.ref(column)} as value from sample order by id`.execute(db)).rows,
  'a view': async (db, column) => {
    await sql`create view sample_view as select * from sample`.execute(db)
    return (await sql<{ value: unknown }>`select ${sql.ref(column)} as value from sample_view order by id`.execute(db))
      .rows
  },
  'a subquery': (db, column) =>
    db
      .selectFrom(
        db
          .selectFrom('sample')
          .select(['id', `${column} as inner_value`])
          .as('inner_sample'),
      )
      .select('inner_value as value')
      .orderBy('id')
      .execute(),
  'a scalar subquery in a join': (db, column) =>
    db
      .selectFrom('sample as one')
      .innerJoin('sample as other', 'other.id', 'one.id')
      .select(`other.${column} as value`)
      .orderBy('one.id')
      .execute() as Promise<readonly { value: unknown }[]>,
  'a CTE': (db, column) =>
    db
      .with('picked', (qb) => qb.selectFrom('sample').select(['id', `${column} as picked_value`]))
      .selectFrom('picked')
      .select('picked_value as value')
      .orderBy('id')
      .execute(),
  'group by': (db, column) =>
    db.selectFrom('sample').select(`${column} as value`).groupBy(['id', column]).orderBy('id').execute(),
  'update … returning': async (db, column) => {
    const rows = await db
      .updateTable('sample')
      .set({ id: sql`id` })
      .returning(['id', `${column} as value`])
      .execute()
    return rows.sort((a, b) => a.id - b.id)
  },
  'a stream': (db, column) => collect(db.selectFrom('sample').select(`${column} as value`).orderBy('id').stream()),
  'a transaction': (db, column) =>
    db.transaction().execute((tx) => tx.selectFrom('sample').select(`${column} as value`).orderBy('id').execute()),
  'a stream in a transaction': (db, column) =>
    db
      .transaction()
      .execute((tx) => collect(tx.selectFrom('sample').select(`${column} as value`).orderBy('id').stream())),
  'a connection': (db, column) =>
    db.connection().execute((one) => one.selectFrom('sample').select(`${column} as value`).orderBy('id').execute()),
  'one row at a time': async (db, column) => {
    const ids = await db.selectFrom('sample').select('id').orderBy('id').execute()
    const rows: { value: unknown }[] = []
    for (const { id } of ids) {
      rows.push(
        await db.selectFrom('sample').select(`${column} as value`).where('id', '=', id).executeTakeFirstOrThrow(),
      )
    }
    return rows
  },
}

async function insertAll(db: Kysely<TestSchema>, { column, values }: SampleValues): Promise<readonly unknown[]> {
  const returned: unknown[] = []
  for (const [index, [into]] of values.entries()) {
    const row = await db
      .insertInto('sample')
      .values({ id: index + 1, [column]: into })
      .returning(column)
      .executeTakeFirstOrThrow()
    returned.push((row as Record<string, unknown>)[column])
  }
  return returned
}

export const values: Topic = ({ describe, expect, test }) => {
  for (const sample of SAMPLE_VALUES) {
    const { column, kind } = sample
    const out = sample.values.map(([, value]) => value)
    describe(`${kind} (${column})`, () => {
      test('insert … returning gives it back', async ({ openWith }) => {
        const { db } = await openWith(['sample'])
        expect(await insertAll(db, sample)).toEqual(out)
      })

      test(`is the same through ${Object.keys(READS).join(', ')}`, async ({ openWith }) => {
        const { db } = await openWith(['sample'])
        await insertAll(db, sample)
        const read: Record<string, unknown> = {}
        const expected: Record<string, unknown> = {}
        for (const [name, rows] of Object.entries(READS)) {
          read[name] = (await rows(db, column)).map(({ value }) => value)
          expected[name] = out
        }
        expect(read).toEqual(expected)
      })

      if (kind !== 'json') {
        test('a condition finds it', async ({ openWith }) => {
          const { db } = await openWith(['sample'])
          await insertAll(db, sample)
          for (const [index, [into]] of sample.values.entries()) {
            if (into === null) continue
            const found = await db
              .selectFrom('sample')
              .select('id')
              .where(column, '=', into as never)
              .execute()
            expect(found.some(({ id }) => id === index + 1)).toBe(true)
          }
        })
      }
    })
  }

  test('bytes are plain Uint8Arrays, whatever the driver gives', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    const bytes = new Uint8Array([1, 2, 3])
    const returned = await db
      .insertInto('sample')
      .values({ id: 1, data: bytes })
      .returning('data')
      .executeTakeFirstOrThrow()
    const { data } = await db.selectFrom('sample').select('data').executeTakeFirstOrThrow()
    expect(Object.getPrototypeOf(returned.data)).toBe(Uint8Array.prototype)
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype)
  })

  test('a slice of a larger buffer is bound as that slice', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    await db
      .insertInto('sample')
      .values({ id: 1, data: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) })
      .execute()
    expect(await db.selectFrom('sample').select('data').execute()).toEqual([{ data: new Uint8Array([2, 3]) }])
  })

  test('a statement that once read a large integer reads small ones as numbers again', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    await db
      .insertInto('sample')
      .values([
        { id: 1, count: 1 },
        { id: 2, count: 2n ** 53n + 1n },
      ])
      .execute()
    const count = async (id: number) =>
      (await db.selectFrom('sample').select('count').where('id', '=', id).executeTakeFirstOrThrow()).count
    expect([await count(1), await count(2), await count(1), await count(2)]).toEqual([
      1,
      2n ** 53n + 1n,
      1,
      2n ** 53n + 1n,
    ])
  })
}
