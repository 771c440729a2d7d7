/** Errors: their codes by every way in, what they carry and what they never carry. Not: refused parameters. */
import { isStoreError, type Store, StoreError } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }

const CONSTRAINTS: Readonly<Record<string, (db: Kysely<TestSchema>) => Promise<unknown>>> = {
  unique: async (db) => {
    await db.insertInto('person').values(ANN).execute()
    await db
      .insertInto('person')
      .values({ ...ANN, id: 2 })
      .execute()
  },
  foreign_key: (db) => db.insertInto('pet').values({ id: 1, owner_id: 99, name: 'rex' }).execute(),
  not_null: (db) =>
    db
      .insertInto('person')
      .values({ id: 1, name: null as never, age: 1 })
      .execute(),
  check: (db) =>
    db
      .insertInto('person')
      .values({ ...ANN, age: -1 })
      .execute(),
}

/** Every way to run one statement. */
const WAYS: Readonly<
  Record<string, (store: Store<TestSchema>, run: (db: Kysely<TestSchema>) => Promise<unknown>) => Promise<unknown>>
> = {
  db: (store, run) => run(store.db),
  'store.transaction': (store, run) => store.transaction((tx) => run(tx)),
  'tx.nested': (store, run) => store.transaction((tx) => tx.nested((inner) => run(inner))),
  'db.transaction': (store, run) => store.db.transaction().execute((tx) => run(tx)),
  'db.connection': (store, run) => store.db.connection().execute((db) => run(db)),
  withConnection: (store, run) => store.withConnection(({ db }) => run(db)),
}

export const errors: Topic = ({ describe, expect, expectCode, test }) => {
  for (const [kind, violate] of Object.entries(CONSTRAINTS)) {
    test(`a violated ${kind} constraint is CONSTRAINT of that kind`, async ({ openWith }) => {
      const store = await openWith(['person', 'pet'])
      const error = await expectCode(violate(store.db), 'CONSTRAINT')
      expect(error.kind).toBe(kind)
      expect(error.retryable).toBe(false)
      expect((error.nativeCode ?? '').length > 0).toBe(true)
    })
  }

  test('a primary key that exists is unique too', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(ANN).execute()
    const error = await expectCode(
      db
        .insertInto('person')
        .values({ ...ANN, name: 'eve' })
        .execute(),
      'CONSTRAINT',
    )
    expect(error.kind).toBe('unique')
  })

  for (const [name, text] of [
    ['what is no SQL', 'selekt 1'],
    ['an unfinished statement', 'select (1'],
    ['an unknown table', 'select * from nowhere'],
    ['an unknown column', 'select nothing from person'],
    ['an unknown function', 'select no_such_function(1)'],
  ] as const) {
    test(`${name} is SYNTAX`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const error = await expectCode(sql.raw(text).execute(store.db), 'SYNTAX')
      expect(error.retryable).toBe(false)
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
    })
  }

  describe('by every way in', () => {
    for (const [name, way] of Object.entries(WAYS)) {
      test(`${name} gives StoreErrors with their codes`, async ({ openWith }) => {
        const store = await openWith(['person', 'pet'])
        for (const [kind, violate] of Object.entries(CONSTRAINTS)) {
          const error = await expectCode(way(store, violate), 'CONSTRAINT')
          expect(error.kind).toBe(kind)
          expect(error).toBeInstanceOf(StoreError)
          expect(error).toBeInstanceOf(Error)
          expect(error.name).toBe('StoreError')
          await store.db.deleteFrom('person').execute()
        }
        await expectCode(
          way(store, (db) => sql`nonsense`.execute(db)),
          'SYNTAX',
        )
        await store.db.insertInto('person').values(ANN).execute()
      })
    }
  })

  test('no bound value is in an error, wherever it is printed', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const secret = 'hunter2'
    await db
      .insertInto('person')
      .values({ ...ANN, name: secret })
      .execute()
    for (const attempt of [
      () => db.insertInto('person').values({ id: 2, name: secret, age: 1 }).execute(),
      () => sql`select ${secret} from nowhere`.execute(db),
      () => sql`select * from person where ${sql.ref('nothing')} = ${secret}`.execute(db),
    ]) {
      const error = await rejectionOf(attempt())
      expect(isStoreError(error)).toBe(true)
      const printed = `${String(error)} ${(error as StoreError).stack} ${JSON.stringify(error)}`
      expect(printed.includes(secret)).toBe(false)
    }
  })

  test('what the engine said is the cause', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const error = await expectCode(sql`nonsense`.execute(db), 'SYNTAX')
    expect(error.cause).toBeInstanceOf(Error)
    expect((error.operation ?? '').length > 0).toBe(true)
  })

  test('a statement that failed changed nothing and the next one works', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    const people = [ANN, { ...ANN, id: 2, name: 'bob' }, { ...ANN, id: 3 }]
    await expectCode(db.insertInto('person').values(people).execute(), 'CONSTRAINT')
    expect(await db.selectFrom('person').selectAll().execute()).toEqual([])
    await db.insertInto('person').values(ANN).execute()
    expect((await db.selectFrom('person').selectAll().execute()).length).toBe(1)
  })

  test('an error of the application passes through as it is', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (const thrown of [new Error('mine'), new TypeError('type'), 'a string', undefined, null, 0]) {
      const work = async (): Promise<never> => {
        throw thrown
      }
      expect(await rejectionOf(store.transaction(work))).toBe(thrown)
      expect(await rejectionOf(store.withConnection(work))).toBe(thrown)
      expect(await rejectionOf(store.db.transaction().execute(work))).toBe(thrown)
    }
  })

  test('work that throws before its first await is no different', async ({ openWith }) => {
    const store = await openWith(['person'])
    const thrown = new Error('at once')
    const work = (): Promise<never> => {
      throw thrown
    }
    expect(await rejectionOf(store.transaction(work))).toBe(thrown)
    expect(await rejectionOf(store.withConnection(work))).toBe(thrown)
    await store.db.insertInto('person').values(ANN).execute()
  })
}
