/**
 * What SQLite and its extensions repeat of a bound value while a statement runs: a JSON path, the name of a file, the
 * text of RAISE. None of it is told. Not: what it repeats of the text; that is in `redaction`.
 */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { findPlanted, PLANTED_TEXT } from '../suite/planted.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const REPEATING: Readonly<Record<string, (store: Store<TestSchema>) => Promise<unknown>>> = {
  'a JSON path': ({ db }) => sql`select json_extract('{}', ${PLANTED_TEXT})`.execute(db),
  'a JSON path that changes a row': ({ db }) =>
    sql`update person set name = json_set('{}', ${PLANTED_TEXT}, 1)`.execute(db),
  // Where any name is that of a file that could be made, it is too long for one.
  'the file of ATTACH': (store) =>
    store.withConnection(({ db }) =>
      sql`attach ${`/nowhere/${PLANTED_TEXT}/${'a'.repeat(5000)}.db`} as other`.execute(db),
    ),
  'the name of ATTACH': (store) =>
    store.withConnection(async ({ db }) => {
      await sql`attach ':memory:' as ${PLANTED_TEXT}`.execute(db)
      await sql`attach ':memory:' as ${PLANTED_TEXT}`.execute(db)
    }),
  'the name of DETACH': (store) => store.withConnection(({ db }) => sql`detach ${PLANTED_TEXT}`.execute(db)),
}

export const repeatedValues: Topic = ({ expect, expectCode, test }) => {
  for (const [name, repeat] of Object.entries(REPEATING)) {
    test(`${name} is not told`, async (t) => {
      const store = await t.openWith(['person'])
      await store.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      const error = await repeat(store).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(Error)
      expect((error as { nativeCode?: string }).nativeCode?.startsWith('SQLITE_')).toBe(true)
      expect(findPlanted(error)).toEqual([])
    })
  }

  test('what a trigger says is the cause, and nowhere else', async (t) => {
    const store = await t.openWith(['person'])
    await store.db.insertInto('person').values({ id: 1, name: PLANTED_TEXT, age: null }).execute()
    await sql`create trigger kept before delete on person begin select raise(abort, ${sql.lit(PLANTED_TEXT)}); end`.execute(
      store.db,
    )
    const error = await expectCode(store.db.deleteFrom('person').execute(), 'CONSTRAINT')
    expect(error.cause).toMatchObject({ message: PLANTED_TEXT })
    expect(findPlanted(error, ['cause'])).toEqual([])
  })
}
