/** Kysely's builder and raw SQL through the store: results, counts, plugins, the log. Not: what values become. */
import { CamelCasePlugin, type LogEvent, NoResultError, sql } from 'kysely'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: 41 }
const BOB = { id: 2, name: 'bob', age: 42 }
const CLEO = { id: 3, name: 'cleo', age: null }

export const query: Topic = ({ expect, expectCode, test }) => {
  test('insert, select, update and delete', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const inserted = await db.insertInto('person').values([ANN, BOB, CLEO]).executeTakeFirst()
    expect(inserted.numInsertedOrUpdatedRows).toBe(3n)
    const updated = await db.updateTable('person').set({ age: 50 }).where('id', '<', 3).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(2n)
    const deleted = await db.deleteFrom('person').where('id', '=', 1).executeTakeFirst()
    expect(deleted.numDeletedRows).toBe(1n)
    expect(await db.selectFrom('person').selectAll().orderBy('id').execute()).toEqual([{ ...BOB, age: 50 }, CLEO])
  })

  test('a write that touches nothing says so', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    expect((await db.updateTable('person').set({ age: 1 }).executeTakeFirst()).numUpdatedRows).toBe(0n)
    expect((await db.deleteFrom('person').executeTakeFirst()).numDeletedRows).toBe(0n)
  })

  test('an insert that did nothing does not repeat the last id', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(ANN).execute()
    const again = await db
      .insertInto('person')
      .values(ANN)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    expect(again.numInsertedOrUpdatedRows).toBe(0n)
    expect(again.insertId).toBe(undefined)
  })

  test('returning', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    expect(await db.insertInto('person').values([ANN, BOB]).returningAll().execute()).toEqual([ANN, BOB])
    expect(await db.updateTable('person').set({ age: 1 }).where('id', '=', 1).returning('age').execute()).toEqual([
      { age: 1 },
    ])
    expect(await db.deleteFrom('person').where('id', '=', 2).returning(['name as gone']).execute()).toEqual([
      { gone: 'bob' },
    ])
  })

  test('upsert', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const upsert = (age: number) =>
      db
        .insertInto('person')
        .values({ ...ANN, age })
        .onConflict((conflict) => conflict.column('id').doUpdateSet((eb) => ({ age: eb.ref('excluded.age') })))
        .returning('age')
        .executeTakeFirstOrThrow()
    expect(await upsert(1)).toEqual({ age: 1 })
    expect(await upsert(2)).toEqual({ age: 2 })
  })

  test('a write behind WITH is a write', async ({ openWith }) => {
    const { db } = await openWith(['person', 'pet'])
    await db.insertInto('person').values([ANN, BOB]).execute()
    const rows = await db
      .with('elder', (qb) => qb.selectFrom('person').select('id').where('age', '>', 41))
      .insertInto('pet')
      .columns(['id', 'owner_id', 'name'])
      .expression((eb) =>
        eb
          .selectFrom('elder')
          .select((e) => [e.ref('elder.id').as('id'), e.ref('elder.id').as('owner_id'), e.val('rex').as('name')]),
      )
      .returningAll()
      .execute()
    expect(rows).toEqual([{ id: 2, owner_id: 2, name: 'rex' }])
    expect(await db.selectFrom('pet').selectAll().execute()).toEqual(rows)
  })

  test('joins, aggregates, subqueries and unions', async ({ openWith }) => {
    const { db } = await openWith(['person', 'pet'])
    await db.insertInto('person').values([ANN, BOB, CLEO]).execute()
    await db
      .insertInto('pet')
      .values([
        { id: 1, owner_id: 1, name: 'rex' },
        { id: 2, owner_id: 1, name: 'tom' },
      ])
      .execute()
    const joined = await db
      .selectFrom('person')
      .leftJoin('pet', 'pet.owner_id', 'person.id')
      .select(['person.name', (eb) => eb.fn.count('pet.id').as('pets')])
      .groupBy('person.name')
      .orderBy('person.name')
      .execute()
    expect(joined).toEqual([
      { name: 'ann', pets: 2 },
      { name: 'bob', pets: 0 },
      { name: 'cleo', pets: 0 },
    ])
    const united = await db
      .selectFrom('person')
      .select('name')
      .where('id', 'in', (eb) => eb.selectFrom('pet').select('owner_id'))
      .unionAll(db.selectFrom('pet').select('name'))
      .execute()
    expect(united.map(({ name }) => name).sort()).toEqual(['ann', 'rex', 'tom'])
  })

  test('raw sql, with and without rows', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const write = await sql`insert into person (id, name, age) values (${1}, ${'ann'}, ${41})`.execute(db)
    expect(write.rows).toEqual([])
    expect(write.numAffectedRows).toBe(1n)
    expect((await sql`select * from person where name = ${'ann'}`.execute(db)).rows).toEqual([ANN])
    expect((await sql`/* a comment */ select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
    expect((await sql`${sql.raw('-- another\n')}select 2 as two`.execute(db)).rows).toEqual([{ two: 2 }])
    expect((await sql`values (3)`.execute(db)).rows.length).toBe(1)
  })

  test('the same statement again and again, with other parameters', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values([ANN, BOB, CLEO]).execute()
    const compiled = db.selectFrom('person').select('name').where('id', '=', 1).compile()
    for (let time = 0; time < 3; time++) expect((await db.executeQuery(compiled)).rows).toEqual([{ name: 'ann' }])
    for (const person of [ANN, BOB, CLEO]) {
      expect(await db.selectFrom('person').selectAll().where('id', '=', person.id).executeTakeFirst()).toEqual(person)
    }
    expect(await db.selectFrom('person').selectAll().where('id', '=', 4).executeTakeFirst()).toBe(undefined)
  })

  test('a row that must exist and does not is Kysely’s own error', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    expect(await rejectionOf(db.selectFrom('person').selectAll().executeTakeFirstOrThrow())).toBeInstanceOf(
      NoResultError,
    )
  })

  test('the schema is read back by introspection', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const tables = await db.introspection.getTables()
    const person = tables.find(({ name }) => name === 'person')
    expect(person?.columns.map(({ name }) => name)).toEqual(['id', 'name', 'age'])
    expect(person?.columns.find(({ name }) => name === 'age')?.isNullable).toBe(true)
    expect(person?.columns.find(({ name }) => name === 'name')?.isNullable).toBe(false)
  })

  test('a schema change is seen by the statements that were run before it', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(ANN).execute()
    const all = () => sql`select * from person`.execute(db)
    expect((await all()).rows).toEqual([ANN])
    await sql`alter table person add column city text`.execute(db)
    expect((await all()).rows).toEqual([{ ...ANN, city: null }])
    await sql`alter table person drop column city`.execute(db)
    expect((await all()).rows).toEqual([ANN])
  })

  test('plugins given at open and per query both apply', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'], { plugins: [new CamelCasePlugin()] })
    const db = store.db.$omitTables<'pet'>().$extendTables<{ pet: { id: number; ownerId: number; name: string } }>()
    await store.db.insertInto('person').values(ANN).execute()
    await db.insertInto('pet').values({ id: 1, ownerId: 1, name: 'rex' }).execute()
    expect(await db.selectFrom('pet').selectAll().execute()).toEqual([{ id: 1, ownerId: 1, name: 'rex' }])
    expect(await store.db.withoutPlugins().selectFrom('pet').selectAll().execute()).toEqual([
      { id: 1, owner_id: 1, name: 'rex' },
    ])
    const inside = await store.transaction((tx) => sql`select owner_id from pet`.execute(tx))
    expect(inside.rows).toEqual([{ ownerId: 1 }])
  })

  test('Kysely’s log gets every statement and every failure', async ({ openWith }) => {
    const events: LogEvent[] = []
    const { db } = await openWith(['person'], { log: (event) => void events.push(event) })
    events.length = 0
    await db.selectFrom('person').select('id').execute()
    await expectCode(sql`nonsense`.execute(db), 'SYNTAX')
    expect(events.map(({ level, query: { sql: text } }) => [level, text])).toEqual([
      ['query', 'select "id" from "person"'],
      ['error', 'nonsense'],
    ])
    expect(events.every(({ queryDurationMillis }) => queryDurationMillis >= 0)).toBe(true)
  })
}
