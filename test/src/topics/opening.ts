/** What is done while a store is opened: its migrations, then `onOpen`, and that a failure leaves nothing open. */
import { columnTypes, type Store, type StoreErrorCode } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { createMigrationsOfAll, MIGRATION_NAMES, providerOf } from '../client/migrations.ts'
import { createGate } from '../suite/gate.ts'
import type { TestStoreOptions } from '../suite/harness.ts'
import { keepingLogger } from '../suite/keeping-logger.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const makeTable =
  (name: string) =>
  (db: Kysely<any>): Promise<void> =>
    db.schema.createTable(name).addColumn('id', columnTypes(db).integer).execute()

const NOT_ACCEPTABLE: Readonly<Record<string, object>> = {
  'migrations without a provider': { migrations: { schema: {} } },
  'migrations with a misspelt option': { migrations: { provider: providerOf({}), foreignKey: 'check' } },
  'migrations with a signal of their own': {
    migrations: { provider: providerOf({}), signal: new AbortController().signal },
  },
  'an onOpen that is no function': { onOpen: 'open' },
}

export const opening: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('the migrations have run before onOpen, and onOpen before anybody has the store', async ({ open }) => {
    const seen: unknown[] = []
    const store = await open<any>({
      migrations: { provider: createMigrationsOfAll(), schema: { migration_log: ['name'] } },
      onOpen: async (opened) => {
        const { db } = opened as Store<any>
        seen.push(...(await db.selectFrom('migration_log').select('name').orderBy('name').execute()))
        await db.insertInto('migration_log').values({ name: 'onOpen' }).execute()
      },
    })
    expect(seen).toEqual(MIGRATION_NAMES.map((name) => ({ name })))
    expect((await store.db.selectFrom('migration_log').selectAll().execute()).length).toBe(MIGRATION_NAMES.length + 1)
  })

  test('an onOpen that is not asynchronous', async ({ open }) => {
    let status: string | undefined
    const store = await open<any>({
      onOpen: (opened) => {
        status = opened.status
      },
    })
    expect([status, store.status]).toEqual(['open', 'open'])
  })

  const failures: Readonly<Record<string, readonly [options: TestStoreOptions, code: StoreErrorCode]>> = {
    'a migration that fails': [
      { migrations: { provider: providerOf({ up: () => Promise.reject(new Error()) }) } },
      'UNKNOWN',
    ],
    'a schema that is not there': [
      { migrations: { provider: providerOf({}), schema: { gone: ['id'] } } },
      'SCHEMA_MISMATCH',
    ],
  }
  for (const [name, [options, code]] of Object.entries(failures)) {
    test(`${name}: opening rejects, and onOpen is not called`, async ({ database, open }) => {
      const called: unknown[] = []
      const onOpen = (store: unknown): void => void called.push(store)
      await expectCode(database.openStore({ ...options, onOpen }), code)
      expect(called).toEqual([])
      expect((await open()).status).toBe('open')
    })
  }

  test('an onOpen that fails: opening rejects with its very error, and the store is closed', async ({
    database,
    open,
  }) => {
    const reason = new Error('mine')
    let kept: Store<any> | undefined
    const fail = (store: Store<any>): Promise<void> => {
      kept = store
      return Promise.reject(reason)
    }
    expect((await rejectionOf(database.openStore({ onOpen: fail }))) === reason).toBe(true)
    expect(kept?.status).toBe('closed')
    const thrown = database.openStore({
      onOpen: () => {
        throw reason
      },
    })
    expect((await rejectionOf(thrown)) === reason).toBe(true)
    expect((await open()).status).toBe('open')
  })

  test('the signal of opening ends a migration, which is undone', async ({ database, open }) => {
    const controller = new AbortController()
    const reached = createGate()
    const stuck = async (db: Kysely<any>): Promise<void> => {
      await makeTable('stuck')(db)
      reached.open()
      await new Promise(() => undefined)
    }
    const migrations = { provider: providerOf({ a: makeTable('kept'), b: stuck }) }
    const opened = rejectionOf(database.openStore({ migrations, signal: controller.signal }))
    await reached.opened
    const reason = new Error('enough')
    controller.abort(reason)
    const error = await opened
    expect([(error as { code?: string }).code, (error as Error).cause === reason]).toEqual(['ABORTED', true])
    if (!capabilities.persistent) return
    const store = await open<any>()
    expect((await store.db.introspection.getTables()).map(({ name }) => name)).toEqual(['kept'])
  })

  test('the signal of opening ends onOpen, and what it was doing', async ({ database, open }) => {
    const controller = new AbortController()
    const reached = createGate()
    let inside: Promise<unknown> = Promise.resolve()
    const opened = rejectionOf(
      database.openStore({
        logger: keepingLogger().logger,
        signal: controller.signal,
        onOpen: (store) => {
          inside = rejectionOf(
            store.transaction(async (tx) => {
              await makeTable('stuck')(tx)
              reached.open()
              await new Promise(() => undefined)
            }),
          )
          return new Promise(() => undefined)
        },
      }),
    )
    await reached.opened
    controller.abort()
    expect(((await opened) as { code?: string }).code).toBe('ABORTED')
    expect(((await inside) as { code?: string }).code).toBe('CLOSED')
    expect((await (await open()).db.introspection.getTables()).length).toBe(0)
  })

  test('once it is open the signal does nothing', async ({ open }) => {
    const controller = new AbortController()
    const store = await open<any>({ migrations: { provider: createMigrationsOfAll() }, signal: controller.signal })
    controller.abort()
    expect((await store.migrate(createMigrationsOfAll())).applied).toEqual([])
  })

  for (const [name, options] of Object.entries(NOT_ACCEPTABLE)) {
    test(`${name}: INVALID_ARGUMENT`, async ({ database }) => {
      await expectCode(database.openStore(options), 'INVALID_ARGUMENT')
    })
  }

  if (!capabilities.persistent) return

  test('a store that is only read refuses migrations, and takes onOpen', async ({ database, open }) => {
    const first = await open({ migrations: { provider: createMigrationsOfAll() } })
    // A database may have one store at a time.
    if (!capabilities.multiProcess) await first.close()
    await expectCode(
      database.openStore({ readOnly: true, migrations: { provider: createMigrationsOfAll() } }),
      'READONLY',
    )
    let rows = 0
    await open<any>({
      readOnly: true,
      onOpen: async (store) => {
        rows = (await (store as Store<any>).db.selectFrom('migration_log').selectAll().execute()).length
      },
    })
    expect(rows).toBe(MIGRATION_NAMES.length)
  })
}
