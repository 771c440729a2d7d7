/** Kysely's Migrator on the store: whoever starts at the same time waits, and each migration runs once. */
import type { Store } from '@upkeep/core'
import { columnTypes } from '@upkeep/core'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createMigrationLog, createMigrations, MIGRATION_NAMES } from '../client/migrations.ts'
import { createGate, track, turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

/** How long a migrator waits for another one, in milliseconds. */
const LOCK_TIMEOUT_MS = 600_000

const migrator = (store: Store<any>, inFirst?: () => Promise<void>): Migrator =>
  new Migrator({ db: store.db, provider: createMigrations(inFirst) })

const logged = async (store: Store<any>): Promise<readonly string[]> =>
  (await store.db.selectFrom('migration_log').select('name').orderBy('name').execute()).map(
    ({ name }) => name as string,
  )

export const migrationLock: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness

  test('migrates to the latest, once', async ({ open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const first = await migrator(store).migrateToLatest()
    expect([first.error, first.results?.map(({ status }) => status)]).toEqual([
      undefined,
      ['Success', 'Success', 'Success'],
    ])
    const second = await migrator(store).migrateToLatest()
    expect([second.error, second.results]).toEqual([undefined, []])
    expect(await logged(store)).toEqual([...MIGRATION_NAMES])
  })

  test('two migrators on one store: the second waits and finds nothing to do', async ({ open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const [one, two] = await Promise.all([
      migrator(store, () => turns()).migrateToLatest(),
      migrator(store, () => turns()).migrateToLatest(),
    ])
    expect([one.error, two.error]).toEqual([undefined, undefined])
    expect((one.results?.length ?? 0) + (two.results?.length ?? 0)).toBe(MIGRATION_NAMES.length)
    expect(await logged(store)).toEqual([...MIGRATION_NAMES])
  })

  test('a migration that fails lets go of the lock', async ({ open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const failed = await migrator(store, () => Promise.reject(new Error('planted'))).migrateToLatest()
    expect(failed.error).toMatchObject({ message: 'planted' })
    const again = await migrator(store).migrateToLatest()
    expect(again.error).toBe(undefined)
    expect(await logged(store)).toEqual([...MIGRATION_NAMES])
  })

  test('the application goes on while a migration waits', async ({ open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const reached = createGate()
    const proceed = createGate()
    const migrating = migrator(store, async () => {
      reached.open()
      await proceed.opened
    }).migrateToLatest()
    await reached.opened
    if (capabilities.concurrentReads) expect(await logged(store)).toEqual([])
    proceed.open()
    expect((await migrating).error).toBe(undefined)
  })

  test('column types inside a migration, which gets nothing but its db', async ({ open }) => {
    const store = await open<any>()
    const at = new Date('2024-02-29T12:34:56.789Z')
    const up = async (db: Store<any>['db']): Promise<void> => {
      const types = columnTypes(db)
      await db.schema.createTable('event').addColumn('at', types.instant).addColumn('done', types.boolean).execute()
      await db.insertInto('event').values({ at, done: true }).execute()
    }
    const { error } = await new Migrator({
      db: store.db,
      provider: { getMigrations: async () => ({ only: { up } }) },
    }).migrateToLatest()
    expect(error).toBe(undefined)
    expect(await store.db.selectFrom('event').selectAll().execute()).toEqual([{ at, done: true }])
  })

  // On a single connection the second waits for that, and comes to no lock.
  if (capabilities.concurrentReads) {
    test('one that gives up after ten minutes does not let the next one in', async ({
      manualClock,
      open,
      untilWaiting,
    }) => {
      const clock = manualClock()
      const store = await open<any>({ clock })
      await createMigrationLog(store.db)
      const reached = createGate()
      const proceed = createGate()
      const first = migrator(store, async () => {
        reached.open()
        await proceed.opened
      }).migrateToLatest()
      await reached.opened
      const second = migrator(store).migrateToLatest()
      await clock.timerSet(LOCK_TIMEOUT_MS)
      await untilWaiting()
      clock.advance(LOCK_TIMEOUT_MS)
      expect(((await second).error as { code?: string } | undefined)?.code).toBe('BUSY')
      const third = track(migrator(store).migrateToLatest())
      await turns(10)
      expect(third.settled).toBe(false)
      proceed.open()
      expect([(await first).error, (await third.promise).results]).toEqual([undefined, []])
    })
  }

  if (!capabilities.multiProcess) return

  test('two stores: each migration ran once, and neither failed', async ({ open }) => {
    const one = await open<any>()
    const two = await open<any>()
    await createMigrationLog(one.db)
    const outcomes = await Promise.all([one, two].map((store) => migrator(store, () => turns()).migrateToLatest()))
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined])
    expect(await logged(two)).toEqual([...MIGRATION_NAMES])
  })

  test('two stores: the second waits while the first is in the middle', async ({ open }) => {
    const one = await open<any>()
    const two = await open<any>()
    await createMigrationLog(one.db)
    const reached = createGate()
    const proceed = createGate()
    let entered = 0
    const inFirst = async (): Promise<void> => {
      entered++
      reached.open()
      await proceed.opened
    }
    const first = migrator(one, inFirst).migrateToLatest()
    await reached.opened
    const second = track(migrator(two, inFirst).migrateToLatest())
    await turns(10)
    expect([second.settled, entered]).toEqual([false, 1])
    proceed.open()
    expect((await first).results?.length).toBe(MIGRATION_NAMES.length)
    expect((await second.promise).error).toBe(undefined)
    expect(entered).toBe(1)
  })

  test('two processes: each migration ran once, and neither failed', async ({ client, open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const other = await client()
    const there = other.call('migrate')
    const { error, results } = await migrator(store).migrateToLatest()
    expect(error).toBe(undefined)
    expect((await there).length + (results?.length ?? 0)).toBe(MIGRATION_NAMES.length)
    expect(await logged(store)).toEqual([...MIGRATION_NAMES])
  })

  test('a process that is killed in the middle leaves no lock', async ({ client, open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    const other = await client()
    await other.call('holdMigration')
    const waiting = track(migrator(store).migrateToLatest())
    await turns(10)
    expect(waiting.settled).toBe(false)
    await other.kill()
    expect((await waiting.promise).error).toBe(undefined)
    expect(await logged(store)).toEqual([...MIGRATION_NAMES])
  })

  test('the lock leaves nothing in the database', async ({ open }) => {
    const store = await open<any>()
    await createMigrationLog(store.db)
    await migrator(store).migrateToLatest()
    const locked = await sql<{ locked: number }>`select max(is_locked) as locked from kysely_migration_lock`.execute(
      store.db,
    )
    expect(locked.rows).toEqual([{ locked: 0 }])
  })
}
