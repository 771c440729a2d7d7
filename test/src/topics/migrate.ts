/** `store.migrate()`: each migration once, in a transaction of its own, and what it is refused or fails with. */
import { columnTypes, type MigrationContext, StoreError } from '@upkeep/core'
import type { Kysely } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { createMigrationsOfAll, MIGRATION_NAMES, providerOf } from '../client/migrations.ts'
import { createGate, track } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ALL_NAMES = ['000_log', ...MIGRATION_NAMES]

const makeTable =
  (name: string) =>
  (db: Kysely<any>): Promise<void> =>
    db.schema.createTable(name).addColumn('id', columnTypes(db).integer).execute()

const tables = async (db: Kysely<any>): Promise<readonly string[]> =>
  (await db.introspection.getTables()).map(({ name }) => name).sort()

/** What is no provider, and what is no option. */
const NOT_ACCEPTABLE: Readonly<Record<string, readonly [provider: unknown, ctx?: unknown]>> = {
  'no provider': [undefined],
  'a provider without getMigrations': [{}],
  'an option that does not exist': [providerOf({}), { schemas: {} }],
  'foreign keys that are none': [providerOf({}), { foreignKeys: 'off' }],
  'a schema that is a list': [providerOf({}), { schema: ['person'] }],
  'columns that are no names': [providerOf({}), { schema: { person: [1] } }],
  'a table of records that is the lock’s': [providerOf({}), { migrationTableName: 'kysely_migration_lock' }],
  'migrations that are none': [{ getMigrations: async () => undefined }],
  'a migration without up': [{ getMigrations: async () => ({ a: { up: makeTable('a') }, b: {} }) }],
}

/** How a migration can fail without the store having failed. */
const FOREIGN: Readonly<Record<string, (reason: unknown) => unknown>> = {
  'an error': (reason) => Promise.reject(reason),
  'an error that is thrown before anything is awaited': (reason) => {
    throw reason
  },
}

export const migrate: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('runs them in the order of their names, once, and tells which', async ({ open }) => {
    const store = await open<any>()
    const first = await store.migrate(createMigrationsOfAll())
    expect(first.applied).toEqual(ALL_NAMES)
    const startedMs = first.startedAt.getTime()
    first.startedAt.setTime(0)
    expect([startedMs > 0, first.startedAt.getTime() === startedMs]).toEqual([true, true])
    expect([first.verified, first.durationMs >= 0]).toEqual([undefined, true])
    expect((await store.migrate(createMigrationsOfAll())).applied).toEqual([])
    const logged = await store.db.selectFrom('migration_log').select('name').orderBy('name').execute()
    expect(logged.map(({ name }) => name)).toEqual([...MIGRATION_NAMES])
  })

  test('one that fails leaves nothing, those before it stay, and the next call goes on', async ({ open }) => {
    const store = await open<any>()
    const reason = new Error('planted')
    const half = async (db: Kysely<any>): Promise<void> => {
      await makeTable('half')(db)
      await db.insertInto('first').values({ id: 1 }).execute()
      throw reason
    }
    const ups = { '1': makeTable('first'), '2': half, '3': makeTable('last') }
    const error = await expectCode(store.migrate(providerOf(ups)), 'UNKNOWN')
    expect([error.cause === reason, error.operation]).toEqual([true, 'migrate'])
    expect([error.message.includes('"2"'), error.message.includes('planted')]).toEqual([true, false])
    expect(await tables(store.db)).toEqual(['first'])
    expect(await store.db.selectFrom('first').selectAll().execute()).toEqual([])
    const { applied } = await store.migrate(providerOf({ ...ups, '2': makeTable('half') }))
    expect(applied).toEqual(['2', '3'])
    expect(await tables(store.db)).toEqual(['first', 'half', 'last'])
  })

  test('a statement that fails gives its code and its error, counted once', async ({ openWith }) => {
    const store = await openWith(['person'])
    let original: unknown
    const up = async (db: Kysely<any>): Promise<void> => {
      await db.insertInto('person').values({ id: 1, name: 'ann' }).execute()
      original = await rejectionOf(db.insertInto('person').values({ id: 2, name: 'ann' }).execute())
      throw original
    }
    store.resetStats()
    const error = await expectCode(store.migrate(providerOf({ up })), 'CONSTRAINT')
    expect([error.kind, error.cause === original]).toEqual(['unique', true])
    expect(store.stats().errorCount).toEqual({ CONSTRAINT: 1 })
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  for (const [name, fail] of Object.entries(FOREIGN)) {
    for (const reason of [new TypeError('mine'), undefined]) {
      test(`${name} (${reason}) is UNKNOWN, with it as the cause`, async ({ open }) => {
        const store = await open<any>()
        const up = async (db: Kysely<any>): Promise<void> => {
          await makeTable('half')(db)
          await fail(reason)
        }
        const error = await expectCode(store.migrate(providerOf({ up })), 'UNKNOWN')
        expect(error.cause === reason).toBe(true)
        expect(await tables(store.db)).toEqual([])
      })
    }
  }

  test('one that does nothing, or nothing asynchronous, counts as run', async ({ open }) => {
    const store = await open<any>()
    const provider = { getMigrations: async () => ({ a: { up: () => undefined as never }, b: { up: async () => {} } }) }
    expect((await store.migrate(provider)).applied).toEqual(['a', 'b'])
    expect((await store.migrate(provider)).applied).toEqual([])
  })

  test('one that is an object of a class runs as such', async ({ open }) => {
    class AddTable {
      readonly name = 'made'
      async up(db: Kysely<any>): Promise<void> {
        await makeTable(this.name)(db)
      }
    }
    const store = await open<any>()
    await store.migrate({ getMigrations: async () => ({ a: new AddTable() }) })
    expect(await tables(store.db)).toEqual(['made'])
  })

  test('a statement that is not awaited belongs to its migration', async ({ open }) => {
    const store = await open<any>()
    const forget = (db: Kysely<any>): void => void makeTable('forgotten')(db)
    expect((await store.migrate(providerOf({ forget }))).applied).toEqual(['forget'])
    expect(await tables(store.db)).toEqual(['forgotten'])
  })

  test('a statement after the migration is refused, and never runs outside of it', async ({ open }) => {
    const store = await open<any>()
    let kept: Kysely<any> | undefined
    const keep = (db: Kysely<any>): void => {
      kept = db
    }
    await store.migrate(providerOf({ keep }))
    await expectCode(makeTable('late')(kept as Kysely<any>), 'CLOSED')
    expect(await tables(store.db)).toEqual([])
  })

  test('it runs in a transaction already, so its db begins none', async ({ open }) => {
    const store = await open<any>()
    const up = (db: Kysely<any>): Promise<void> => db.transaction().execute(makeTable('inner'))
    await expectCode(store.migrate(providerOf({ up })), 'UNKNOWN')
    expect(await tables(store.db)).toEqual([])
  })

  if (capabilities.asyncContext) {
    const inside: Readonly<Record<string, (store: { db: Kysely<any>; migrate: any; transaction: any }) => unknown>> = {
      ...(!capabilities.concurrentWrites && {
        'a statement of the store': (store) => makeTable('beside')(store.db),
        'a transaction of the store': (store) => store.transaction(makeTable('beside')),
      }),
      'store.migrate()': (store) => store.migrate(providerOf({})),
    }
    for (const [name, use] of Object.entries(inside)) {
      test(`${name} inside a migration is NESTED_USE`, async ({ open }) => {
        const store = await open<any>()
        await expectCode(store.migrate(providerOf({ up: () => use(store) })), 'NESTED_USE')
        expect(await tables(store.db)).toEqual([])
      })
    }

    if (capabilities.concurrentWrites) {
      test('what the store does inside a migration is no part of it', async ({ open }) => {
        const store = await open<any>()
        const up = async (): Promise<void> => {
          await makeTable('beside')(store.db)
          throw new Error('mine')
        }
        await expectCode(store.migrate(providerOf({ up })), 'UNKNOWN')
        expect(await tables(store.db)).toEqual(['beside'])
      })
    }

    test('inside a transaction, and inside its own provider, it is NESTED_USE', async ({ open }) => {
      const store = await open<any>()
      await expectCode(
        store.transaction(async (tx) => {
          await makeTable('held')(tx)
          await store.migrate(providerOf({}))
        }),
        'NESTED_USE',
      )
      const again: MigrationProvider = { getMigrations: async () => (await store.migrate(again)) as never }
      await expectCode(store.migrate(again), 'NESTED_USE')
      expect((await store.migrate(createMigrationsOfAll())).applied).toEqual(ALL_NAMES)
    })
  }

  for (const [name, [provider, ctx]] of Object.entries(NOT_ACCEPTABLE)) {
    test(`${name}: INVALID_ARGUMENT, and nothing was done`, async ({ open }) => {
      const store = await open<any>()
      await expectCode(store.migrate(provider as MigrationProvider, ctx as MigrationContext), 'INVALID_ARGUMENT')
      expect(await store.db.introspection.getTables({ withInternalKyselyTables: true })).toEqual([])
    })
  }

  test('a provider that fails: UNKNOWN with its error, and a StoreError as it is', async ({ open }) => {
    const store = await open<any>()
    const reason = new Error('no such folder')
    const throwing = (error: unknown): MigrationProvider => ({
      getMigrations: () => {
        throw error
      },
    })
    expect((await expectCode(store.migrate(throwing(reason)), 'UNKNOWN')).cause === reason).toBe(true)
    const busy = new StoreError('BUSY', 'a provider of one’s own')
    expect((await rejectionOf(store.migrate(throwing(busy)))) === busy).toBe(true)
    await expectCode(store.migrate({ getMigrations: () => Promise.reject(reason) }), 'UNKNOWN')
  })

  test('with nothing to do it waits for no writer', async ({ open }) => {
    const store = await open<any>()
    await store.migrate(createMigrationsOfAll())
    const writing = createGate()
    const finish = createGate()
    const transaction = store.transaction(async (tx) => {
      await tx.insertInto('migration_log').values({ name: 'held' }).execute()
      writing.open()
      await finish.opened
    })
    await writing.opened
    const migrating = track(store.migrate(createMigrationsOfAll(), { schema: { migration_log: ['name'] } }))
    if (capabilities.concurrentReads) expect(await migrating.promise).toMatchObject({ applied: [], verified: true })
    finish.open()
    await transaction
    expect((await migrating.promise).applied).toEqual([])
  })

  test('a store that is closed refuses it', async ({ open }) => {
    const store = await open<any>()
    await store.close()
    await expectCode(store.migrate(providerOf({})), 'CLOSED')
  })

  if (!capabilities.persistent) return

  test('a store that is only read refuses it before it asks the provider', async ({ open }) => {
    const writing = await open<any>()
    await writing.migrate(createMigrationsOfAll())
    await writing.close()
    const store = await open<any>({ readOnly: true })
    let asked = 0
    const provider: MigrationProvider = {
      getMigrations: async () => {
        asked++
        return {}
      },
    }
    await expectCode(store.migrate(provider), 'READONLY')
    expect(asked).toBe(0)
  })
}
