/** What expressions give, which no engine declares a type for: counts, sums, and the `decode` plugin for the rest. */
import { decode } from '@upkeep/core'
import { sql } from 'kysely'
import { SAMPLE_VALUES } from '../suite/sample-values.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

/** A number of Postgres forgets its last zeros where it is no column; SQLite has the text. */
const withoutZeros = (decimal: unknown): unknown =>
  typeof decimal === 'string' && decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal

export const expressions: Topic = ({ harness, expect, test }) => {
  for (const { column, kind, values } of SAMPLE_VALUES) {
    test(`decode() makes an expression over ${column} a ${kind}`, async ({ openWith }) => {
      const { db } = await openWith(['sample'])
      for (const [index, [into]] of values.entries()) {
        await db
          .insertInto('sample')
          .values({ id: index + 1, [column]: into })
          .execute()
      }
      const rows = await db
        .withPlugin(decode({ value: kind }))
        .selectFrom('sample')
        .select(sql`coalesce(${sql.ref(column)}, ${sql.ref(column)})`.as('value'))
        .orderBy('id')
        .execute()
      const forgets = kind === 'decimal' && harness.dialect === 'postgres'
      expect(rows.map(({ value }) => value)).toEqual(values.map(([, out]) => (forgets ? withoutZeros(out) : out)))
    })
  }

  test('decode() applies to min and max, in raw sql and in streams', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    const [first, last] = [new Date('2024-01-01T00:00:00.000Z'), new Date('2024-12-31T23:59:59.999Z')]
    await db
      .insertInto('sample')
      .values([{ id: 1, at: last }, { id: 2, at: first }, { id: 3 }])
      .execute()
    const decoding = db.withPlugin(decode({ first: 'instant', last: 'instant' }))
    const query = decoding
      .selectFrom('sample')
      .select((eb) => [eb.fn.min('at').as('first'), eb.fn.max('at').as('last')])
    expect(await query.execute()).toEqual([{ first, last }])
    expect((await sql`select max(at) as last from sample`.execute(decoding)).rows).toEqual([{ last }])
    for await (const row of query.stream()) expect(row).toEqual({ first, last })
  })

  test('decode() leaves other columns, nulls and what does not look like its kind', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    await db.insertInto('sample').values({ id: 1, label: 'not a date' }).execute()
    const rows = await db
      .withPlugin(decode({ label: 'instant', at: 'instant', missing: 'boolean' }))
      .selectFrom('sample')
      .select(['id', 'label', 'at'])
      .execute()
    expect(rows).toEqual([{ id: 1, label: 'not a date', at: null }])
  })

  test('decode() refuses a kind that does not exist', async () => {
    const error = await rejectionOf((async () => decode({ at: 'timestamp' as 'instant' }))())
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('count(*) is a number', async ({ openWith }) => {
    const { db } = await openWith(['counter'])
    const row = await db
      .selectFrom('counter')
      .select((eb) => eb.fn.countAll().as('total'))
      .executeTakeFirstOrThrow()
    expect(row).toEqual({ total: 1 })
  })

  test('a sum of integers is exact: a number where it can be, else a bigint', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    const total = async () =>
      (
        await db
          .selectFrom('sample')
          .select((eb) => eb.fn.sum('count').as('total'))
          .executeTakeFirstOrThrow()
      ).total as unknown
    await db
      .insertInto('sample')
      .values([
        { id: 1, count: 1 },
        { id: 2, count: 2 },
      ])
      .execute()
    expect(await total()).toBe(3)
    await db
      .insertInto('sample')
      .values({ id: 3, count: 2n ** 53n })
      .execute()
    expect(await total()).toBe(2n ** 53n + 3n)
  })

  test('an integer expression beyond 2^53 is not rounded', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    await db
      .insertInto('sample')
      .values({ id: 1, count: 2n ** 53n })
      .execute()
    const { rows } = await sql`select count + 1 as more, count - 1 as less from sample`.execute(db)
    expect(rows).toEqual([{ more: 2n ** 53n + 1n, less: 2 ** 53 - 1 }])
  })

  test('a comparison of instants is one of time', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    const at = (text: string) => new Date(text)
    await db
      .insertInto('sample')
      .values([
        { id: 1, at: at('2024-01-31T23:59:59.999Z') },
        { id: 2, at: at('2024-02-01T00:00:00.000Z') },
        { id: 3, at: at('1969-01-01T00:00:00.000Z') },
      ])
      .execute()
    const from = await db.selectFrom('sample').select('id').where('at', '>=', at('2024-02-01T00:00:00.000Z')).execute()
    expect(from).toEqual([{ id: 2 }])
    const ordered = await db.selectFrom('sample').select('id').orderBy('at').execute()
    expect(ordered.map(({ id }) => id)).toEqual([3, 1, 2])
  })
}
