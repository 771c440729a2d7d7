// What we rely on in Kysely beyond its documentation, one test for each point of kysely-internals.ts: an upgrade that
// changes one of them fails here, by name, and not somewhere in the suite.
import {
  AbortedTransactionError,
  CamelCasePlugin,
  isKyselyProps,
  Kysely,
  SqliteAdapter,
  sql,
  Transaction,
} from 'kysely'
import { Migrator } from 'kysely/migration'
import { describe, expect, it } from 'vitest'
import { createKysely, isCorruptMigrationsError, markTransactionOver } from '../dist/kysely/kysely-internals.js'
import { createSessionAdapter } from '../dist/migrate/session-adapter.js'
import { createFakeKysely } from './support/fake-kysely.ts'

describe('1. ready-made props', () => {
  it('are recognised as such, and the executor is used as it is', () => {
    const { db, props } = createFakeKysely()
    expect(isKyselyProps(props)).toBe(true)
    expect(db).toBeInstanceOf(Kysely)
    expect(db.getExecutor()).toBe(props.executor)
    expect(new Transaction(props).getExecutor()).toBe(props.executor)
    expect(new Transaction(props).isTransaction).toBe(true)
  })

  it('nothing is initialised, leased or wrapped before a statement', async () => {
    const { db, calls } = createFakeKysely()
    await sql`select 1`.execute(db)
    expect(calls).toEqual(['store: select 1'])
  })

  it('every way to a statement leads to that executor', async () => {
    const { db, calls } = createFakeKysely()
    await db.selectFrom('t').selectAll().execute()
    await db.executeQuery(db.selectFrom('t').select('a'))
    await db.schema.dropTable('t').execute()
    await db.withTables<any>().deleteFrom('t').execute()
    await db.introspection.getSchemas()
    expect(calls).toEqual([
      'store: select * from "t"',
      'store: select "a" from "t"',
      'store: drop table "t"',
      'store: delete from "t"',
    ])
  })

  it('withPlugin, withoutPlugins and withSchema derive another executor of ours', () => {
    const { db } = createFakeKysely()
    const derived = db.withPlugin(new CamelCasePlugin()).withSchema('main')
    expect(derived.getExecutor()).toBeInstanceOf(db.getExecutor().constructor)
    expect(derived.getExecutor().plugins).toHaveLength(2)
    expect(derived.withoutPlugins().getExecutor().plugins).toEqual([])
    expect(db.getExecutor().plugins).toEqual([])
  })

  it('can be derived from: another executor, the same driver', async () => {
    const { props, calls } = createFakeKysely()
    const other = createFakeKysely()
    await sql`select 1`.execute(createKysely({ ...props, executor: other.props.executor }))
    await createKysely({ ...props, executor: other.props.executor }).destroy()
    expect([calls, other.calls]).toEqual([['destroy'], ['store: select 1']])
  })
})

describe('2. the driver behind the builders', () => {
  it('destroy() and dispose call driver.destroy()', async () => {
    const { db, calls } = createFakeKysely()
    await db.destroy()
    await db[Symbol.asyncDispose]()
    expect(calls).toEqual(['destroy', 'destroy'])
  })

  it('transaction(): everything on the one connection that the executor provided', async () => {
    const { db, calls } = createFakeKysely()
    const builder = db.transaction().setIsolationLevel('serializable').setAccessMode('read only')
    await builder.execute(async (trx) => {
      expect(trx).toBeInstanceOf(Transaction)
      await sql`select 1`.execute(trx)
    })
    expect(calls).toEqual([
      'lease connection 1',
      'begin connection 1 {"isolationLevel":"serializable","accessMode":"read only"}',
      'connection 1: select 1',
      'commit connection 1',
      'release connection 1',
    ])
  })

  it('transaction(): what fails is rolled back, and passes as it is', async () => {
    const { db, calls } = createFakeKysely()
    const failure = new Error('no')
    await expect(db.transaction().execute(() => Promise.reject(failure))).rejects.toBe(failure)
    expect(calls.slice(2)).toEqual(['rollback connection 1', 'release connection 1'])
  })

  it('startTransaction(): savepoints by name, and the connection goes back at the end', async () => {
    const { db, calls } = createFakeKysely()
    const trx = await db.startTransaction().execute()
    const inner = await trx.savepoint('a').execute()
    await inner.rollbackToSavepoint('a').execute()
    await inner.releaseSavepoint('a').execute()
    await trx.commit().execute()
    expect(calls.map((call) => call.replace(/ \{.*/, ''))).toEqual([
      'lease connection 1',
      'begin connection 1',
      'savepoint connection 1 a',
      'rollback to connection 1 a',
      'release savepoint connection 1 a',
      'commit connection 1',
      'release connection 1',
    ])
  })

  it('connection(): one lease for as long as the callback runs', async () => {
    const { db, calls } = createFakeKysely()
    await db.connection().execute(async (one) => {
      await sql`select 1`.execute(one)
      await one.transaction().execute(async (trx) => void (await sql`select 2`.execute(trx)))
    })
    expect(calls.map((call) => call.replace(/ \{.*/, ''))).toEqual([
      'lease connection 1',
      'connection 1: select 1',
      'begin connection 1',
      'connection 1: select 2',
      'commit connection 1',
      'release connection 1',
    ])
  })
})

describe('3. the mark of a transaction that is over', () => {
  it("is the one that Kysely's own error bears", () => {
    const [mark] = Object.getOwnPropertySymbols(markTransactionOver(new Error('x')))
    expect(mark).toBeDefined()
    expect((mark as symbol) in new AbortedTransactionError()).toBe(true)
  })

  const failingCommit = (failure: Error) =>
    createFakeKysely({
      driver: (call) => {
        if (call === 'commit') throw failure
      },
    })

  it('keeps transaction() from rolling back again', async () => {
    const failure = markTransactionOver(new Error('rolled back instead'))
    const { db, calls } = failingCommit(failure)
    await expect(db.transaction().execute(async () => 1)).rejects.toBe(failure)
    expect(calls.slice(2)).toEqual(['commit connection 1', 'release connection 1'])
  })

  it('without it transaction() does: the mark is needed', async () => {
    const { db, calls } = failingCommit(new Error('no'))
    await expect(db.transaction().execute(async () => 1)).rejects.toThrow('no')
    expect(calls).toContain('rollback connection 1')
  })

  it('ends a controlled transaction, whose connection goes back', async () => {
    const failure = markTransactionOver(new Error('rolled back instead'))
    const { db, calls } = failingCommit(failure)
    const trx = await db.startTransaction().execute()
    await expect(trx.commit().execute()).rejects.toBe(failure)
    expect(trx.isCommitted).toBe(false)
    expect(calls.at(-1)).toBe('release connection 1')
    await expect(sql`select 1`.execute(trx)).rejects.toThrow()
  })
})

describe('4. records that do not fit', () => {
  const migrate = async (names: readonly string[], records: readonly object[]): Promise<unknown> => {
    const { db } = createFakeKysely({
      answer: ({ sql }) => ({ rows: sql.includes('"timestamp" from') ? [...records] : [] }),
    })
    const migrations = Object.fromEntries(names.map((name) => [name, { up: async () => undefined }]))
    return (await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateUp()).error
  }
  const record = (name: string, timestamp = '2026-01-01T00:00:00.000Z'): object => ({ name, timestamp })

  it.each<[string, readonly string[], readonly object[]]>([
    ['one that is gone', ['b'], [record('a')]],
    ['one out of order', ['a', 'b'], [record('b')]],
    ['a record without a time', ['a'], [record('a', 'yesterday')]],
  ])('%s', async (_what, names, records) => {
    expect(isCorruptMigrationsError(await migrate(names, records))).toBe(true)
  })

  it('another failure is none of these', async () => {
    expect(await migrate(['a', 'b'], [record('a')])).toBe(undefined)
    expect(isCorruptMigrationsError(new Error('disk full'))).toBe(false)
    expect(isCorruptMigrationsError(undefined)).toBe(false)
  })
})

describe('5. the Migrator in a transaction', () => {
  it('begins none of its own, and asks the adapter whether that may be', async () => {
    const provider = { getMigrations: async () => ({ a: { up: async () => undefined } }) }
    const refused = await new Migrator({ db: new Transaction(createFakeKysely().props), provider }).migrateUp()
    expect(refused.error).toBeInstanceOf(Error)
    const { props, calls } = createFakeKysely({ adapter: createSessionAdapter(new SqliteAdapter()) })
    const allowed = await new Migrator({ db: new Transaction(props), provider }).migrateUp()
    expect([allowed.error, allowed.results?.map(({ status }) => status)]).toEqual([undefined, ['Success']])
    expect(calls.filter((call) => !call.startsWith('store: '))).toEqual([])
  })
})
