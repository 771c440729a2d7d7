/** What has been run, as Kysely records it, and the schema that the application declares. */
import { columnTypes, type DeclaredSchema, type Store } from '@upkeep/core'
import { CamelCasePlugin, type Kysely, sql } from 'kysely'
import { type MigrationProvider, Migrator } from 'kysely/migration'
import { providerOf } from '../client/migrations.ts'
import type { Topic } from '../suite/suite.ts'

const makeTable =
  (name: string, ...columns: readonly string[]) =>
  async (db: Kysely<any>): Promise<void> => {
    let table = db.schema.createTable(name).addColumn('id', columnTypes(db).integer)
    for (const column of columns) table = table.addColumn(column, columnTypes(db).text)
    await table.execute()
  }

const [a, b, c] = [makeTable('a'), makeTable('b'), makeTable('c')]

/** What a provider gives each time it is asked; the last for ever. */
function changing(...providers: readonly MigrationProvider[]): { provider: MigrationProvider; asked: () => number } {
  let asked = 0
  const getMigrations: MigrationProvider['getMigrations'] = async () => {
    const provider = providers[Math.min(asked++, providers.length - 1)] as MigrationProvider
    return provider.getMigrations()
  }
  return { provider: { getMigrations }, asked: () => asked }
}

const migrator = (store: Store<any>, provider: MigrationProvider): Migrator => new Migrator({ db: store.db, provider })

export const migrationRecords: Topic = ({ expect, expectCode, test }) => {
  test('goes on where Kysely’s own migrator has stopped, and the other way round', async ({ open }) => {
    const store = await open<any>()
    expect((await migrator(store, providerOf({ a })).migrateToLatest()).error).toBe(undefined)
    expect((await store.migrate(providerOf({ a, b }))).applied).toEqual(['b'])
    const { error, results } = await migrator(store, providerOf({ a, b, c })).migrateToLatest()
    expect([error, results?.map(({ migrationName }) => migrationName)]).toEqual([undefined, ['c']])
    expect((await store.migrate(providerOf({ a, b, c }))).applied).toEqual([])
  })

  test('one that has been run and is gone: SCHEMA_MISMATCH, and nothing runs', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a, b }))
    for (const ups of [{ b }, { b, c }, {}]) {
      const error = await expectCode(store.migrate(providerOf(ups)), 'SCHEMA_MISMATCH')
      expect([error.cause instanceof Error, error.message.includes('a')]).toEqual([true, true])
    }
    expect((await store.db.introspection.getTables()).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('one whose name sorts before one that has been run: SCHEMA_MISMATCH unless allowed', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ b }))
    await expectCode(store.migrate(providerOf({ a, b, c })), 'SCHEMA_MISMATCH')
    const { applied } = await store.migrate(providerOf({ a, b, c }), { allowUnorderedMigrations: true })
    expect(applied).toEqual(['a', 'c'])
  })

  test('records of two tables know nothing of each other', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(providerOf({ a }))
    const ctx = { migrationTableName: 'plugin_migration' }
    expect((await store.migrate(providerOf({ b }), ctx)).applied).toEqual(['b'])
    expect((await store.migrate(providerOf({ b }), ctx)).applied).toEqual([])
    expect((await store.migrate(providerOf({ a }))).applied).toEqual([])
  })

  test('a schema that is there is verified, also when nothing was to be run', async ({ open }) => {
    const store = await open<any>()
    const schema: DeclaredSchema = { a: ['id'], wide: ['id', 'left', 'right'], narrow: [] }
    const provider = providerOf({ a, wide: makeTable('wide', 'left', 'right'), narrow: makeTable('narrow') })
    expect(await store.migrate(provider, { schema })).toMatchObject({
      applied: ['a', 'narrow', 'wide'],
      verified: true,
    })
    expect(await store.migrate(provider, { schema })).toMatchObject({ applied: [], verified: true })
  })

  test('a schema that is not there: everything is tried once more, then SCHEMA_MISMATCH says what', async ({
    open,
  }) => {
    const store = await open<any>()
    const { provider, asked } = changing(providerOf({ a }))
    const schema = { a: ['id', 'lost'], gone: ['id'], away: [] }
    const { message } = await expectCode(store.migrate(provider, { schema }), 'SCHEMA_MISMATCH')
    expect(['"a.lost"', '"gone"', '"away"'].map((name) => message.includes(name))).toEqual([true, true, true])
    expect([message.includes('"a.id"'), asked()]).toEqual([false, 2])
  })

  test('what is missing is told in bounds', async ({ open }) => {
    const store = await open<any>()
    const schema = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`table_${index}`, ['id']]))
    const { message } = await expectCode(store.migrate(providerOf({}), { schema }), 'SCHEMA_MISMATCH')
    expect([message.includes('"table_0"'), message.includes('990'), message.length < 500]).toEqual([true, true, true])
  })

  test('a migration that only the second look finds mends it', async ({ open }) => {
    const store = await open<any>()
    const { provider, asked } = changing(providerOf({ a }), providerOf({ a, b }))
    const report = await store.migrate(provider, { schema: { a: ['id'], b: ['id'] } })
    expect([report.applied, report.verified, asked()]).toEqual([['a', 'b'], true, 2])
  })

  test('a view counts, unless its table is gone', async ({ open }) => {
    const store = await open<any>()
    const view = async (db: Kysely<any>): Promise<void> => {
      await makeTable('under')(db)
      await db.schema.createView('over').as(db.selectFrom('under').select('id')).execute()
    }
    expect((await store.migrate(providerOf({ view }), { schema: { over: ['id'] } })).verified).toBe(true)
    await expectCode(store.migrate(providerOf({ view }), { schema: { over: ['id', 'id2'] } }), 'SCHEMA_MISMATCH')
  })

  test('names are those in the database, whatever the store’s plugins do', async ({ open }) => {
    const store = await open<any>({ plugins: [new CamelCasePlugin()] })
    const up = (db: Kysely<any>): Promise<void> =>
      db.schema.createTable('snakeCase').addColumn('someId', columnTypes(db).integer).execute()
    expect((await store.migrate(providerOf({ up }), { schema: { snake_case: ['some_id'] } })).verified).toBe(true)
    expect((await sql`select some_id from snake_case`.execute(store.db)).rows).toEqual([])
  })
}
