/** Parameters that no engine could store as they are: refused before anything runs, and never printed. */
import { sql } from 'kysely'
import type { Topic } from '../suite/suite.ts'

const SECRET = 'hunter2'

const REFUSED: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  NaN: Number.NaN,
  'a bare array': [SECRET],
  'an invalid Date': new Date(Number.NaN),
  'a bigint above 64 bits': 2n ** 63n,
  'a bigint below 64 bits': -(2n ** 63n) - 1n,
  'a function': () => SECRET,
  'a symbol': Symbol(SECRET),
}

export const parameters: Topic = ({ expect, expectCode, test }) => {
  for (const [name, parameter] of Object.entries(REFUSED)) {
    test(`${name} is INVALID_ARGUMENT and nothing ran`, async ({ openWith }) => {
      const { db } = await openWith(['person'])
      // Past Kysely's own ideas of what a function or an undefined in a query means.
      const write = sql`insert into person (id, name, age) values (${1}, ${'ann'}, ${2})`.compile(db)
      const error = await expectCode(
        db.executeQuery({ ...write, parameters: [1, 'ann', parameter] }),
        'INVALID_ARGUMENT',
      )
      expect(`${error.message}${error.stack}`.includes(SECRET)).toBe(false)
      expect(error.retryable).toBe(false)
      expect(await db.selectFrom('person').selectAll().execute()).toEqual([])
    })
  }

  test('it is the same in a condition, an update, a stream and a connection', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const id = Number.NaN
    await expectCode(db.selectFrom('person').selectAll().where('id', '=', id).execute(), 'INVALID_ARGUMENT')
    await expectCode(db.updateTable('person').set({ id }).execute(), 'INVALID_ARGUMENT')
    await expectCode(db.selectFrom('person').selectAll().where('id', '=', id).stream().next(), 'INVALID_ARGUMENT')
    const onConnection = db
      .connection()
      .execute((one) => one.selectFrom('person').selectAll().where('id', '=', id).execute())
    await expectCode(onConnection, 'INVALID_ARGUMENT')
  })

  test('a transaction goes on after a refused parameter', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(async (tx) => {
      await expectCode(
        tx.insertInto('person').values({ id: Number.NaN, name: 'no', age: 1 }).execute(),
        'INVALID_ARGUMENT',
      )
      await tx.insertInto('person').values({ id: 1, name: 'ann', age: 1 }).execute()
    })
    expect(await store.db.selectFrom('person').select('name').execute()).toEqual([{ name: 'ann' }])
  })

  test('one bad parameter among many rows refuses them all', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const people = Array.from({ length: 50 }, (_, id) => ({ id, name: `p${id}`, age: id === 49 ? Number.NaN : id }))
    await expectCode(db.insertInto('person').values(people).execute(), 'INVALID_ARGUMENT')
    expect(await db.selectFrom('person').selectAll().execute()).toEqual([])
  })
}
