/** Pinned connections: what may be done on them, and that nothing of it is left when they are given back. */
import { sql } from 'kysely'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: null }
const ORPHAN = { id: 1, owner_id: 99, name: 'rex' }

/** PRAGMAs of the connection, and a value that is not their default. */
const SETTINGS: Readonly<Record<string, number>> = {
  foreign_keys: 0,
  query_only: 1,
  recursive_triggers: 1,
  ignore_check_constraints: 1,
  cache_size: 123,
  temp_store: 2,
  synchronous: 0,
  busy_timeout: 1234,
  max_page_count: 4321,
  wal_autocheckpoint: 55,
}

export const connection: Topic = ({ expect, expectCode, test }) => {
  for (const [name, value] of Object.entries(SETTINGS)) {
    test(`PRAGMA ${name} acts on the connection and is restored`, async ({ openWith }) => {
      const store = await openWith(['person', 'pet'])
      const current = async (db: typeof store.db): Promise<unknown> =>
        Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(db)).rows[0] ?? {})[0]
      const before = await store.db.connection().execute(current)
      await store.db.connection().execute(async (db) => {
        await sql`pragma ${sql.raw(`${name} = ${value}`)}`.execute(db)
        expect(await current(db)).toBe(value)
      })
      expect(await store.db.connection().execute(current)).toBe(before)
      await store
        .withConnection(async ({ db }) => {
          await sql`pragma ${sql.raw(`${name} = ${value}`)}`.execute(db)
          expect(await current(db)).toBe(value)
          throw new Error('planted')
        })
        .catch(() => undefined)
      expect(await store.withConnection(({ db }) => current(db))).toBe(before)
      await store.db.insertInto('person').values(ANN).execute()
      await expectCode(store.db.insertInto('pet').values(ORPHAN).execute(), 'CONSTRAINT')
    })
  }

  test('a flag PRAGMA acts every time, not only when it is prepared', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'])
    await store.db.connection().execute(async (db) => {
      for (let time = 0; time < 3; time++) {
        await sql`pragma foreign_keys = off`.execute(db)
        await db
          .insertInto('pet')
          .values({ ...ORPHAN, id: time + 1 })
          .execute()
        await sql`pragma foreign_keys = on`.execute(db)
        await expectCode(
          db
            .insertInto('pet')
            .values({ ...ORPHAN, id: 100 })
            .execute(),
          'CONSTRAINT',
        )
      }
      await db.deleteFrom('pet').execute()
    })
  })

  test('each lease may switch it off, and none inherits it', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'])
    for (let id = 1; id <= 3; id++) {
      await store.db.connection().execute(async (db) => {
        await expectCode(
          db
            .insertInto('pet')
            .values({ ...ORPHAN, id })
            .execute(),
          'CONSTRAINT',
        )
        await sql`pragma foreign_keys = off`.execute(db)
        await db
          .insertInto('pet')
          .values({ ...ORPHAN, id })
          .execute()
      })
    }
  })

  test('a transaction on a pinned connection keeps its settings', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'])
    await store.db.connection().execute(async (db) => {
      await sql`pragma foreign_keys = off`.execute(db)
      await db.transaction().execute((tx) => tx.insertInto('pet').values(ORPHAN).execute())
    })
    expect((await store.db.selectFrom('pet').select('id').execute()).length).toBe(1)
  })

  test('a BEGIN of one’s own on a pinned connection works, and is rolled back when it is left open', async ({
    openWith,
  }) => {
    const store = await openWith(['person'])
    await store.db.connection().execute(async (db) => {
      await sql`begin`.execute(db)
      await db.insertInto('person').values(ANN).execute()
      await sql`commit`.execute(db)
    })
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    await store.db.connection().execute(async (db) => {
      await sql`begin immediate`.execute(db)
      await db.deleteFrom('person').execute()
    })
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    await store.db.updateTable('person').set({ age: 5 }).execute()
  })

  test('what was attached is detached', async ({ openWith }) => {
    const store = await openWith(['person'])
    const databases = async (db: typeof store.db): Promise<readonly string[]> =>
      (await sql<{ name: string }>`pragma database_list`.execute(db)).rows
        .map(({ name }) => name)
        .filter((name) => name !== 'temp')
    await store.db.connection().execute(async (db) => {
      await sql`attach ':memory:' as other`.execute(db)
      await sql`create table other.note (text)`.execute(db)
      await sql`insert into other.note values ('x')`.execute(db)
      expect(await databases(db)).toEqual(['main', 'other'])
    })
    expect(await store.db.connection().execute(databases)).toEqual(['main'])
    expect(await databases(store.db)).toEqual(['main'])
  })

  test('withConnection gives the driver’s own handle, on the same connection', async ({ openWith }) => {
    const store = await openWith(['person'])
    const result = await store.withConnection(async ({ db, raw }) => {
      expect(typeof raw).toBe('object')
      await db.insertInto('person').values(ANN).execute()
      return db.selectFrom('person').selectAll().execute()
    })
    expect(result).toEqual([ANN])
  })

  test('an error in it gives the connection back', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (let time = 0; time < 10; time++) {
      const work = store.withConnection(async ({ db }) => {
        await db
          .insertInto('person')
          .values({ ...ANN, id: time, name: `${time}` })
          .execute()
        throw new Error('mine')
      })
      expect(await rejectionOf(work)).toMatchObject({ message: 'mine' })
    }
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(10)
    expect(store.stats().inFlight).toBe(0)
  })

  test('a table is rebuilt with foreign keys off and loses no child', async ({ openWith }) => {
    const store = await openWith(['person', 'pet'])
    await store.db.insertInto('person').values(ANN).execute()
    await store.db.insertInto('pet').values({ id: 1, owner_id: 1, name: 'rex' }).execute()
    await store.db.connection().execute(async (db) => {
      await sql`pragma foreign_keys = off`.execute(db)
      await db.transaction().execute(async (tx) => {
        await sql`create table person_new (id integer primary key, name text not null unique, age integer)`.execute(tx)
        await sql`insert into person_new select * from person`.execute(tx)
        await sql`drop table person`.execute(tx)
        await sql`alter table person_new rename to person`.execute(tx)
      })
    })
    expect((await store.db.selectFrom('pet').select('id').execute()).length).toBe(1)
    await expectCode(store.db.deleteFrom('person').execute(), 'CONSTRAINT')
  })
}
