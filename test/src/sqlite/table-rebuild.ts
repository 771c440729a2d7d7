/**
 * A table made anew in a migration: make another one, copy, drop, rename. With foreign keys enforced, the drop deletes
 * the rows that refer to it. Source: https://www.sqlite.org/lang_altertable.html#otheralter
 */
import { columnDefaults, columnTypes, type Store } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { providerOf } from '../client/migrations.ts'
import { createGate, track } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const CHILDREN = [
  { id: 1, parent_id: 1 },
  { id: 2, parent_id: 1 },
  { id: 3, parent_id: 2 },
]

const makeFamily = async (db: Kysely<any>): Promise<void> => {
  const types = columnTypes(db)
  await db.schema
    .createTable('parent')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .execute()
  await db.schema
    .createTable('child')
    .addColumn('id', types.integer, (column) => column.primaryKey())
    .addColumn('parent_id', types.integer, (column) => column.references('parent.id').onDelete('cascade'))
    .execute()
  await db
    .insertInto('parent')
    .values([{ id: 1 }, { id: 2 }])
    .execute()
  await db.insertInto('child').values(CHILDREN).execute()
}

/** Makes `parent` anew with one column more, and only the rows that `where` takes. */
const rebuildParent =
  (where = sql<boolean>`true`) =>
  async (db: Kysely<any>): Promise<void> => {
    const types = columnTypes(db)
    await db.schema
      .createTable('parent_new')
      .addColumn('id', types.integer, (column) => column.primaryKey())
      .addColumn('name', types.text, (column) => column.notNull().defaultTo(''))
      .execute()
    await db
      .insertInto('parent_new')
      .columns(['id'])
      .expression(db.selectFrom('parent').select('id').where(where))
      .execute()
    await db.schema.dropTable('parent').execute()
    await db.schema.alterTable('parent_new').renameTo('parent').execute()
  }

const orphan = { id: 9, parent_id: 99 }

/** A row that refers to nothing, as other tools leave it. */
const plantOrphan = (store: Store<any>, row: object = orphan): Promise<void> =>
  store.withConnection(async ({ db }) => {
    await sql`pragma foreign_keys = off`.execute(db)
    await db.insertInto('child').values(row).execute()
  })

export const tableRebuild: Topic = ({ harness, expect, expectCode, test }) => {
  const children = (store: Store<any>): Promise<unknown[]> =>
    store.db.selectFrom('child').selectAll().orderBy('id').execute()

  const isEnforced = async (store: Store<any>): Promise<void> => {
    await expectCode(store.db.insertInto('child').values(orphan).execute(), 'CONSTRAINT')
    const { rows } = await sql<{ foreign_keys: number }>`pragma foreign_keys`.execute(store.db)
    expect(rows).toEqual([{ foreign_keys: 1 }])
  }

  test('keeps the rows that refer to it, and foreign keys are enforced again', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily, b: rebuildParent() }), { schema: { parent: ['id', 'name'] } })
    expect(await children(store)).toEqual(CHILDREN)
    await isEnforced(store)
    await store.db.deleteFrom('parent').where('id', '=', 1).execute()
    expect(await children(store)).toEqual([CHILDREN[2]])
  })

  test("with foreignKeys: 'enforce' they act, and the rows are gone", async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily, b: rebuildParent() }), { foreignKeys: 'enforce' })
    expect(await children(store)).toEqual([])
    await isEnforced(store)
  })

  const breaking: Readonly<Record<string, (db: Kysely<any>) => Promise<unknown>>> = {
    'one that loses a row which others refer to': rebuildParent(sql<boolean>`id = 1`),
    'one that deletes such a row': (db) => db.deleteFrom('parent').where('id', '=', 1).execute(),
    'one that adds a row which refers to nothing': (db) => db.insertInto('child').values(orphan).execute(),
    'one that drops the table': (db) => db.schema.dropTable('parent').execute(),
    'one that renames it first, so that the references go with the old name': async (db) => {
      await db.schema.alterTable('parent').renameTo('parent_old').execute()
      await sql`create table parent as select * from parent_old`.execute(db)
      await db.schema.dropTable('parent_old').execute()
    },
    'one after which a foreign key refers to what is not unique': async (db) => {
      await sql`create table parent_new as select * from parent`.execute(db)
      await db.schema.dropTable('parent').execute()
      await db.schema.alterTable('parent_new').renameTo('parent').execute()
    },
  }
  for (const [name, up] of Object.entries(breaking)) {
    test(`${name} is CONSTRAINT, and undone`, async ({ open }) => {
      const store = await open<any>()
      await store.migrate(providerOf({ a: makeFamily }))
      const ups = { a: makeFamily, b: up, c: () => Promise.reject(new Error('one after it has run')) }
      const error = await expectCode(store.migrate(providerOf(ups)), 'CONSTRAINT')
      expect([error.kind, error.message.includes('"b"')]).toEqual(['foreign_key', true])
      expect([error.message.includes('child'), error.message.includes('99')]).toEqual([true, false])
      expect(await children(store)).toEqual(CHILDREN)
      expect((await store.db.selectFrom('parent').selectAll().execute()).length).toBe(2)
      await isEnforced(store)
    })
  }

  test('what was broken before is not its fault; what it breaks is', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily }))
    await plantOrphan(store)
    const b = rebuildParent()
    expect((await store.migrate(providerOf({ a: makeFamily, b }))).applied).toEqual(['b'])
    const c = (db: Kysely<any>): Promise<unknown> => db.insertInto('child').values({ id: 10, parent_id: 98 }).execute()
    await expectCode(store.migrate(providerOf({ a: makeFamily, b, c })), 'CONSTRAINT')
    const mend = (db: Kysely<any>): Promise<unknown> => db.deleteFrom('child').where('id', '=', orphan.id).execute()
    expect((await store.migrate(providerOf({ a: makeFamily, b, c: mend }))).applied).toEqual(['c'])
    await expectCode(store.migrate(providerOf({ a: makeFamily, b, c: mend, d: c })), 'CONSTRAINT')
    expect(await children(store)).toEqual(CHILDREN)
  })

  test('a foreign key that was no good before can be mended', async ({ open }) => {
    const store = await open<any>()
    const unfit = async (db: Kysely<any>): Promise<void> => {
      await sql`create table target (code text)`.execute(db)
      await sql`create table source (code text references target (code))`.execute(db)
    }
    await store.withConnection(({ db }) => unfit(db))
    const other = (db: Kysely<any>): Promise<unknown> => sql`create table other (id integer)`.execute(db)
    const mend = (db: Kysely<any>): Promise<unknown> => sql`create unique index code on target (code)`.execute(db)
    expect((await store.migrate(providerOf({ a: other, b: mend }))).applied).toEqual(['a', 'b'])
    await expectCode(store.db.insertInto('source').values({ code: 'x' }).execute(), 'CONSTRAINT')
  })

  test('an abort in the middle: enforced again, and nothing is lost', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily }))
    const reached = createGate()
    const controller = new AbortController()
    const b = async (db: Kysely<any>): Promise<void> => {
      await rebuildParent()(db)
      reached.open()
      await new Promise(() => undefined)
    }
    const migrating = track(store.migrate(providerOf({ a: makeFamily, b }), { signal: controller.signal }))
    await reached.opened
    controller.abort()
    await expectCode(migrating.promise, 'ABORTED')
    expect(await children(store)).toEqual(CHILDREN)
    await isEnforced(store)
  })

  test('a declared name may be written in another case; generated columns count', async ({ open }) => {
    const store = await open<any>()
    const up = (db: Kysely<any>): Promise<unknown> =>
      sql`create table "Mixed" (id integer, "Twice" integer generated always as (id * 2))`.execute(db)
    expect((await store.migrate(providerOf({ up }), { schema: { mixed: ['ID', 'twice'] } })).verified).toBe(true)
  })

  test('now is no default for a column that is added to a table with rows', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily }))
    const b = (db: Kysely<any>): Promise<unknown> =>
      db.schema
        .alterTable('child')
        .addColumn('at', columnTypes(db).instant, (column) => column.defaultTo(columnDefaults(db).now))
        .execute()
    const outcome = await rejectionOf(store.migrate(providerOf({ a: makeFamily, b })))
    expect(outcome instanceof Error).toBe(true)
    await store.db.deleteFrom('child').execute()
    expect((await store.migrate(providerOf({ a: makeFamily, b }))).applied).toEqual(['b'])
  })

  if (!harness.capabilities.concurrentReads) return

  test('while tables are made anew, readers see them as they were', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a: makeFamily }))
    const reached = createGate()
    const proceed = createGate()
    const b = async (db: Kysely<any>): Promise<void> => {
      await rebuildParent()(db)
      reached.open()
      await proceed.opened
    }
    const migrating = store.migrate(providerOf({ a: makeFamily, b }))
    await reached.opened
    expect(await children(store)).toEqual(CHILDREN)
    expect(await store.db.selectFrom('parent').selectAll().execute()).toEqual([{ id: 1 }, { id: 2 }])
    proceed.open()
    await migrating
    expect((await store.db.selectFrom('parent').selectAll().execute())[0]).toEqual({ id: 1, name: '' })
  })
}
