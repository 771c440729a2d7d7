// The bare dialect under a plain Kysely: it is used like the stock one, by people and by libraries that test for it. The
// rules it shares with the Store are tested there; here, that they reach this way too.
import { systemClock } from '@upkeep/core'
import { SqliteNativeDialect } from '@upkeep/sqlite-native'
import {
  type Dialect,
  Kysely,
  type LogEvent,
  SqliteAdapter,
  SqliteDialect,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../core/test/support/outcome.ts'
import { quietLogger } from './support/quiet-logger.ts'
import { tempFolder } from './support/temp-folder.ts'

interface Schema {
  person: { id: number; name: string; tags: unknown; born: Date | null }
}

function open(path = tempFolder().path('app.db')): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteNativeDialect({ path, clock: systemClock, logger: quietLogger() }) })
}

async function openWithPeople(path?: string): Promise<Kysely<Schema>> {
  const db = open(path)
  await sql`create table person (id integer primary key, name text unique, tags json text, born timestamp text)`.execute(
    db,
  )
  const people = ['Ada', 'Bob', 'Cleo'].map((name, index) => ({ id: index + 1, name, tags: { n: index }, born: null }))
  await db.insertInto('person').values(people).execute()
  return db
}

describe('to those who look at it', () => {
  it("is one of Kysely's SQLite dialects, with its adapter, compiler and introspector", () => {
    const dialect: Dialect = new SqliteNativeDialect({ path: ':memory:' })
    expect(dialect).toBeInstanceOf(SqliteDialect)
    expect(dialect.createAdapter()).toBeInstanceOf(SqliteAdapter)
    expect(dialect.createQueryCompiler()).toBeInstanceOf(SqliteQueryCompiler)
    expect(dialect.createIntrospector(open(':memory:'))).toBeInstanceOf(SqliteIntrospector)
    expect(dialect.createAdapter().supportsTransactionalDdl).toBe(false)
    expect(dialect.createAdapter().supportsReturning).toBe(true)
  })

  it('opens nothing before it is used, and nothing when it is destroyed unused', async () => {
    const { path, files } = tempFolder()
    const db = open(path('app.db'))
    expect(files()).toEqual([])
    await db.destroy()
    expect(files()).toEqual([])
  })
})

describe('queries', () => {
  it('values are those of the contract', async () => {
    const db = await openWithPeople()
    const born = new Date('1815-12-10T00:00:00.000Z')
    const updated = await db.updateTable('person').set({ born }).where('id', '=', 1).returningAll().executeTakeFirst()
    expect(updated).toEqual({ id: 1, name: 'Ada', tags: { n: 0 }, born })
    const { rows } = await sql`select 9007199254740993 as big, 5 / ${2} as half, ${true} as yes`.execute(db)
    expect(rows).toEqual([{ big: 9007199254740993n, half: 2, yes: 1 }])
    const deleted = await db.deleteFrom('person').where('id', '>', 1).executeTakeFirst()
    expect(deleted.numDeletedRows).toBe(2n)
    await db.destroy()
  })

  it('errors are StoreErrors', async () => {
    const db = await openWithPeople()
    const person = { id: 9, name: 'Ada', tags: {}, born: null }
    expect(await codeOf(() => db.insertInto('person').values(person).execute())).toBe('CONSTRAINT')
    expect(await codeOf(() => sql`selec`.execute(db))).toBe('SYNTAX')
    expect(await codeOf(() => sql`select ${[1]}`.execute(db))).toBe('INVALID_ARGUMENT')
    await db.destroy()
  })

  it('streams, to the end or not, and goes on', async () => {
    const db = await openWithPeople()
    const names: string[] = []
    for await (const { name } of db.selectFrom('person').select('name').orderBy('id').stream(2)) names.push(name)
    for await (const _row of db.selectFrom('person').selectAll().stream(1)) break
    expect(names).toEqual(['Ada', 'Bob', 'Cleo'])
    await db.insertInto('person').values({ id: 4, name: 'Dan', tags: {}, born: null }).execute()
    await db.destroy()
  })

  it("Kysely's log sees them", async () => {
    const events: LogEvent[] = []
    const dialect = new SqliteNativeDialect({ path: ':memory:' })
    const db = new Kysely<any>({ dialect, log: (event) => void events.push(event) })
    await sql`select 1`.execute(db)
    await codeOf(() => sql`selec`.execute(db))
    expect(events.map(({ level, query }) => [level, query.sql])).toEqual([
      ['query', 'select 1'],
      ['error', 'selec'],
    ])
    await db.destroy()
  })
})

describe('transactions', () => {
  it('commit, roll back, and have savepoints', async () => {
    const db = await openWithPeople()
    const count = async () =>
      (await db.selectFrom('person').select(db.fn.countAll<number>().as('n')).executeTakeFirst())?.n
    await db.transaction().execute((trx) => trx.deleteFrom('person').where('id', '=', 1).execute())
    expect(await count()).toBe(2)
    const failing = db.transaction().execute(async (trx) => {
      await trx.deleteFrom('person').execute()
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await count()).toBe(2)
    const controlled = await db.startTransaction().execute()
    const inner = await controlled.savepoint('a').execute()
    await inner.deleteFrom('person').execute()
    await inner.rollbackToSavepoint('a').execute()
    await controlled.commit().execute()
    expect(await count()).toBe(2)
    await db.destroy()
  })

  it('a read beside one sees the state before; a write waits its turn, which Kysely does not know to be nested', async () => {
    const path = tempFolder().path('app.db')
    const db = await openWithPeople(path)
    const hasty = new Kysely<Schema>({ dialect: new SqliteNativeDialect({ path, busyTimeoutMs: 0 }) })
    let waiting: Promise<unknown> | undefined
    await hasty.transaction().execute(async (trx) => {
      await trx.deleteFrom('person').where('id', '=', 1).execute()
      expect(await hasty.selectFrom('person').selectAll().execute()).toHaveLength(3)
      expect(await codeOf(() => hasty.deleteFrom('person').execute())).toBe('BUSY')
      waiting = db.deleteFrom('person').where('id', '=', 2).execute()
    })
    await waiting
    expect(await db.selectFrom('person').select('id').execute()).toEqual([{ id: 3 }])
    await hasty.destroy()
    await db.destroy()
  })
})

describe('destroy', () => {
  it('releases the file: no log is left, and nothing works afterwards', async () => {
    const { path, files } = tempFolder()
    const db = await openWithPeople(path('app.db'))
    await db.destroy()
    await db.destroy()
    expect(files()).toEqual(['app.db'])
    await expect(sql`select 1`.execute(db)).rejects.toThrow()
  })

  it('does not wait for a transaction: what it still does is CLOSED, and nothing of it is kept', async () => {
    const path = tempFolder().path('app.db')
    const db = await openWithPeople(path)
    const controlled = await db.startTransaction().execute()
    await controlled.deleteFrom('person').execute()
    await db.destroy()
    expect(await codeOf(() => controlled.selectFrom('person').selectAll().execute())).toBe('CLOSED')
    expect(await codeOf(() => controlled.commit().execute())).toBe('CLOSED')
    const again = open(path)
    expect(await again.selectFrom('person').select('id').execute()).toHaveLength(3)
    await again.destroy()
  })
})
