/** What parameters are inside SQLite: storage classes, and the arithmetic that follows from them. */
import { sql } from 'kysely'
import type { Topic } from '../suite/suite.ts'

export const numbers: Topic = ({ expect, test }) => {
  test('a bound integer is an integer', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const { rows } =
      await sql`select ${5} / ${2} as quotient, ${5.5} as half, typeof(${5}) as five, typeof(${5.5}) as fraction`.execute(
        db,
      )
    expect(rows).toEqual([{ quotient: 2, half: 5.5, five: 'integer', fraction: 'real' }])
  })

  test('so it is in a column without a type, in a stream, a write and a transaction', async ({ openWith }) => {
    const store = await openWith(['person'])
    const { db } = store
    await sql`create table anything (value)`.execute(db)
    await sql`insert into anything values (${5}), (${-1}), (${Number.MAX_SAFE_INTEGER})`.execute(db)
    expect((await sql`select distinct typeof(value) as type from anything`.execute(db)).rows).toEqual([
      { type: 'integer' },
    ])
    const inside = await store.transaction((tx) => sql`select ${7} / ${2} as quotient`.execute(tx))
    expect(inside.rows).toEqual([{ quotient: 3 }])
  })

  test('every kind is bound as its storage class', async ({ open }) => {
    const { db } = await open()
    const { rows } = await sql`select typeof(${true}) as boolean, typeof(${10n}) as bigint, typeof(${2 ** 60}) as large,
      typeof(${'1'}) as text, typeof(${new Date(0)}) as instant, typeof(${{ a: 1 }}) as json,
      typeof(${new Uint8Array(1)}) as bytes, typeof(${null}) as missing`.execute(db)
    expect(rows).toEqual([
      {
        boolean: 'integer',
        bigint: 'integer',
        large: 'real',
        text: 'text',
        instant: 'text',
        json: 'text',
        bytes: 'blob',
        missing: 'null',
      },
    ])
  })

  test('text may hold a NUL', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    await db.insertInto('sample').values({ id: 1, label: 'a\0b' }).execute()
    expect(await db.selectFrom('sample').select('label').execute()).toEqual([{ label: 'a\0b' }])
  })
}
