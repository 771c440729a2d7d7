/** What ends `store.migrate()` early: signals, deadlines, `close()`, and another migrator that has the lock. */
import { columnTypes } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createMigrationLog, createMigrationsOfAll, MIGRATION_NAMES, providerOf } from '../client/migrations.ts'
import { abortedSignal, createGate, type Gate, track, turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

/** How long a migrator waits for another one, in milliseconds. */
const LOCK_TIMEOUT_MS = 600_000
const PROCESS_COUNT = 8

const makeTable =
  (name: string) =>
  (db: Kysely<any>): Promise<void> =>
    db.schema.createTable(name).addColumn('id', columnTypes(db).integer).execute()

const tables = async (db: Kysely<any>): Promise<readonly string[]> =>
  (await db.introspection.getTables())
    .map(({ name }) => name)
    // What maintenance notes, where it notes it in the database.
    .filter((name) => !name.startsWith('upkeep_'))
    .sort()

/** Three migrations; the second stops in the middle until `proceed`. */
function holdSecond(): { provider: ReturnType<typeof providerOf>; reached: Gate; proceed: Gate } {
  const [reached, proceed] = [createGate(), createGate()]
  const second = async (db: Kysely<any>): Promise<void> => {
    await makeTable('second')(db)
    reached.open()
    await proceed.opened
    await makeTable('second_too')(db)
  }
  return { provider: providerOf({ '1': makeTable('first'), '2': second, '3': makeTable('third') }), reached, proceed }
}

export const migrateStops: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('an abort in the middle of a migration undoes that one and keeps those before it', async ({ open }) => {
    const store = await open<any>()
    const { provider, reached, proceed } = holdSecond()
    const controller = new AbortController()
    const migrating = track(store.migrate(provider, { signal: controller.signal }))
    await reached.opened
    const reason = new Error('enough')
    controller.abort(reason)
    // It is told at once, however long the migration goes on: what it does from here on fails.
    const error = await expectCode(migrating.promise, 'ABORTED')
    expect([error.cause === reason, error.message.includes('"2"'), error.message.includes('"1"')]).toEqual([
      true,
      true,
      true,
    ])
    expect(await tables(store.db)).toEqual(['first'])
    proceed.open()
    expect((await store.migrate(unheld())).applied).toEqual(['2', '3'])
  })

  test('an abort between two migrations', async ({ open }) => {
    const controller = new AbortController()
    let recorded = 0
    const store = await open<any>({
      log: ({ query: { sql } }) => {
        if (sql.startsWith('insert into "kysely_migration"')) recorded++
        // The look for what comes next.
        if (recorded === 1 && sql.includes('from "kysely_migration"')) controller.abort()
      },
    })
    const error = await expectCode(store.migrate(unheld(), { signal: controller.signal }), 'ABORTED')
    expect([error.message.includes('"1"'), error.message.includes('"2"')]).toEqual([true, false])
    expect(await tables(store.db)).toEqual(['first'])
    expect((await store.migrate(unheld())).applied).toEqual(['2', '3'])
  })

  test('a signal that is aborted already: nothing is done', async ({ open }) => {
    const store = await open<any>()
    await expectCode(store.migrate(unheld(), { signal: abortedSignal() }), 'ABORTED')
    expect(await store.db.introspection.getTables({ withInternalKyselyTables: true })).toEqual([])
  })

  test('a provider that does not answer is left', async ({ open }) => {
    const store = await open<any>()
    const controller = new AbortController()
    const asked = createGate()
    const getMigrations = (): Promise<never> => {
      asked.open()
      return new Promise(() => undefined)
    }
    const migrating = track(store.migrate({ getMigrations }, { signal: controller.signal }))
    await asked.opened
    controller.abort()
    await expectCode(migrating.promise, 'ABORTED')
    expect((await store.migrate(unheld())).applied).toEqual(['1', '2', '3'])
  })

  test('a deadline that passes in the middle is TIMEOUT', async ({ manualClock, open }) => {
    const clock = manualClock()
    const store = await open<any>({ clock })
    const { provider, reached } = holdSecond()
    const migrating = track(store.migrate(provider, { timeoutMs: 5000 }))
    await reached.opened
    clock.advance(5000)
    await expectCode(migrating.promise, 'TIMEOUT')
    expect(await tables(store.db)).toEqual(['first'])
  })

  test('close waits for the migration that runs, and lets none begin after it', async ({ open }) => {
    const store = await open<any>()
    const { provider, reached, proceed } = holdSecond()
    const migrating = track(store.migrate(provider))
    await reached.opened
    const closing = track(store.close())
    await turns()
    expect(closing.settled).toBe(false)
    proceed.open()
    await expectCode(migrating.promise, 'CLOSED')
    expect(await closing.promise).toMatchObject({ abandoned: 0, clean: true })
    if (!capabilities.persistent) return
    expect(await tables((await open<any>()).db)).toEqual(['first', 'second', 'second_too'])
  })

  test('close ends a migration that outlasts the drain, and undoes it', async ({ open }) => {
    const store = await open<any>()
    const { provider, reached } = holdSecond()
    const migrating = track(store.migrate(provider))
    await reached.opened
    const closing = store.close({ drainMs: 0 })
    await expectCode(migrating.promise, 'CLOSED')
    expect((await closing).abandoned).toBe(1)
    if (!capabilities.persistent) return
    expect(await tables((await open<any>()).db)).toEqual(['first'])
  })

  test('of two on one store the second waits, can be aborted, and is ended by close', async ({ open }) => {
    const store = await open<any>()
    const { provider, reached, proceed } = holdSecond()
    const first = store.migrate(provider)
    await reached.opened
    const controller = new AbortController()
    const second = track(store.migrate(provider, { signal: controller.signal }))
    const third = track(store.migrate(provider))
    await turns()
    expect([second.settled, third.settled]).toEqual([false, false])
    controller.abort()
    await expectCode(second.promise, 'ABORTED')
    proceed.open()
    expect((await first).applied).toEqual(['1', '2', '3'])
    expect((await third.promise).applied).toEqual([])
    const again = holdSecond()
    const held = track(store.migrate(again.provider, { migrationTableName: 'other' }))
    const waiting = track(store.migrate(provider))
    const closing = store.close({ drainMs: 0 })
    await expectCode(waiting.promise, 'CLOSED')
    await held.promise.catch(() => undefined)
    await closing
  })

  test('who waits gives up after ten minutes, and takes no lock from the one who has it', async ({
    manualClock,
    open,
    untilWaiting,
  }) => {
    const clock = manualClock()
    const store = await open<any>({ clock })
    const { provider, reached, proceed } = holdSecond()
    const first = store.migrate(provider)
    await reached.opened
    const second = track(store.migrate(provider))
    const kyselys = track(new Migrator({ db: store.db, provider }).migrateToLatest())
    await clock.timerSet(LOCK_TIMEOUT_MS)
    await untilWaiting(2)
    clock.advance(LOCK_TIMEOUT_MS)
    await expectCode(second.promise, 'BUSY')
    const { error } = await kyselys.promise
    expect((error as { code?: string } | undefined)?.code).toBe('BUSY')
    const fourth = track(store.migrate(provider))
    await turns()
    expect(fourth.settled).toBe(false)
    proceed.open()
    expect((await first).applied).toEqual(['1', '2', '3'])
    expect((await fourth.promise).applied).toEqual([])
  })

  if (!capabilities.multiProcess) return

  test('the lock of another store: waits, can be aborted, and is not in its way', async ({ open }) => {
    const [one, two] = [await open<any>(), await open<any>()]
    const { provider, reached, proceed } = holdSecond()
    const first = one.migrate(provider)
    await reached.opened
    const controller = new AbortController()
    let asked = 0
    const counting = {
      getMigrations: () => {
        asked++
        return provider.getMigrations()
      },
    }
    const second = track(two.migrate(counting, { signal: controller.signal }))
    await turns(10)
    // It has not got as far as the database, where the transaction of the first would keep it waiting too.
    expect([second.settled, asked]).toEqual([false, 0])
    controller.abort()
    await expectCode(second.promise, 'ABORTED')
    proceed.open()
    await first
    expect((await two.migrate(provider)).applied).toEqual([])
  })

  test('the lock of another process, whose migrator is Kysely’s', async ({ client, open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const other = await client()
    await other.call('holdMigration')
    const controller = new AbortController()
    const waiting = track(store.migrate(providerOf({}), { signal: controller.signal }))
    await turns(10)
    expect(waiting.settled).toBe(false)
    controller.abort()
    await expectCode(waiting.promise, 'ABORTED')
    await other.call('release')
    const names = [...MIGRATION_NAMES]
    const ups = Object.fromEntries(names.map((name) => [name, () => Promise.reject(new Error('run twice'))]))
    expect((await store.migrate(providerOf(ups))).applied).toEqual([])
  })

  test(`${PROCESS_COUNT} processes migrate an empty database at once: each migration ran once`, async ({
    client,
    open,
  }) => {
    const clients = await Promise.all(Array.from({ length: PROCESS_COUNT }, () => client()))
    const applied = await Promise.all(clients.map((one) => one.call('migrateAll')))
    expect(applied.flat().sort()).toEqual(['000_log', ...MIGRATION_NAMES])
    const store = await open<any>()
    const logged = await store.db.selectFrom('migration_log').select('name').orderBy('name').execute()
    expect(logged.map(({ name }) => name)).toEqual([...MIGRATION_NAMES])
    expect((await store.migrate(createMigrationsOfAll())).applied).toEqual([])
  })
}

/** The same migrations as of {@link holdSecond}, which do not stop. */
function unheld(): ReturnType<typeof providerOf> {
  return providerOf({ '1': makeTable('first'), '2': makeTable('second'), '3': makeTable('third') })
}
