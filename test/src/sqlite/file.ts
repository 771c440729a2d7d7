/** The database file: how new ones are made, who may look at them, and that no lock of ours is ever dropped. */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** What a store does that might open and close its files by another way. */
const BESIDE: Readonly<Record<string, (store: Store<TestSchema>) => Promise<unknown>>> = {
  nothing: async () => undefined,
  'light maintenance': (store) => store.maintenance({ mode: 'light' }),
  'automatic maintenance': (store) => store.maintenance(),
  'full maintenance': (store) => store.maintenance({ mode: 'full', integrity: 'full' }),
  'a dry run': (store) => store.maintenance({ dryRun: true }),
  health: (store) => store.health(),
  'a stream': async (store) => {
    for await (const _ of store.db.selectFrom('counter').selectAll().stream());
  },
  'a read only transaction': (store) =>
    store.transaction((tx) => tx.selectFrom('counter').selectAll().execute(), { accessMode: 'read only' }),
  stats: async (store) => store.stats(),
}

export const file: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('foreign keys are enforced', async ({ openWith }) => {
    const { db } = await openWith(['person', 'pet'])
    await expectCode(db.insertInto('pet').values({ id: 1, owner_id: 5, name: 'rex' }).execute(), 'CONSTRAINT')
    expect((await sql`pragma foreign_keys`.execute(db)).rows).toEqual([{ foreign_keys: 1 }])
  })

  if (!capabilities.multiProcess || !capabilities.persistent) return

  test('a new database has a write-ahead log and incremental vacuum', async ({ openWith, probe }) => {
    await openWith(['person'])
    expect(await probe('pragma journal_mode')).toEqual([
      { journal_mode: capabilities.writeAheadLog ? 'wal' : 'delete' },
    ])
    expect(await probe('pragma auto_vacuum')).toEqual([{ auto_vacuum: capabilities.incrementalReclaim ? 2 : 0 }])
  })

  test('a database that was there before keeps its auto_vacuum until it is vacuumed as a whole', async ({
    open,
    probe,
  }) => {
    await probe('create table old (id integer)')
    const store = await open()
    await store.maintenance()
    expect(await probe('pragma auto_vacuum')).toEqual([{ auto_vacuum: 0 }])
    if (capabilities.vacuum === false) return
    await store.maintenance({ steps: ['vacuum'] })
    expect(await probe('pragma auto_vacuum')).toEqual([{ auto_vacuum: capabilities.incrementalReclaim ? 2 : 0 }])
  })

  describe('locks survive', () => {
    for (const [name, operation] of Object.entries(BESIDE)) {
      test(`${name}: what is written afterwards is seen by every process`, async ({ openWith, probe }) => {
        const store = await openWith(['counter'])
        await store.db.updateTable('counter').set({ value: 1 }).execute()
        await operation(store)
        // Another process opens, reads and closes: whoever thinks it is the last one removes the log under us.
        expect(await probe('select value from counter')).toEqual([{ value: 1 }])
        await store.db.updateTable('counter').set({ value: 2 }).execute()
        expect(await probe('select value from counter')).toEqual([{ value: 2 }])
        await probe('update counter set value = 3')
        expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 3 }])
        expect(await probe('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
      })
    }

    for (const [name, operation] of Object.entries(BESIDE)) {
      if (name.includes('maintenance')) continue
      test(`${name}: the lock of an open transaction keeps other processes out`, async ({ client, openWith }) => {
        const store = await openWith(['counter'])
        const other = await client()
        await store
          .transaction(async (tx) => {
            await tx.updateTable('counter').set({ value: 1 }).execute()
            await (capabilities.asyncContext ? store.detached(() => operation(store)) : operation(store))
            let settled = false
            const incremented = other.call('increment', { times: 1 }).then(() => {
              settled = true
            })
            await other.call('run', { sql: 'select 1' })
            await other.call('run', { sql: 'select 1' })
            expect(settled).toBe(false)
            await tx.updateTable('counter').set({ value: 5 }).execute()
            return { incremented }
          })
          .then(({ incremented }) => incremented)
        expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 6 }])
      })
    }
  })

  describe('read only', () => {
    test('reads, refuses writes and maintenance with READONLY, and says that it cannot be written to', async (t) => {
      const first = await t.openWith(['person'])
      await first.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      await first.close()
      const store = await t.open({ readOnly: true })
      expect(store.capabilities.writable).toBe(false)
      const { db } = store
      expect((await db.selectFrom('person').select('id').execute()).length).toBe(1)
      for await (const row of db.selectFrom('person').select('id').stream()) expect(row).toEqual({ id: 1 })
      await expectCode(db.deleteFrom('person').execute(), 'READONLY')
      await expectCode(db.deleteFrom('person').returningAll().execute(), 'READONLY')
      await expectCode(sql`create table other (id integer)`.execute(db), 'READONLY')
      await expectCode(
        store.transaction((tx) => tx.deleteFrom('person').execute()),
        'READONLY',
      )
      await expectCode(
        db.connection().execute((one) => one.deleteFrom('person').execute()),
        'READONLY',
      )
      await expectCode(store.maintenance(), 'READONLY')
      expect(await store.transaction((tx) => tx.selectFrom('person').select('id').execute())).toEqual([{ id: 1 }])
      expect((await store.close()).clean).toBe(true)
    })

    test('sees what another store writes', async ({ open, openWith }) => {
      const writer = await openWith(['counter'])
      const reader = await open({ readOnly: true })
      for (const value of [1, 2]) {
        await writer.db.updateTable('counter').set({ value }).execute()
        expect(await reader.db.selectFrom('counter').select('value').execute()).toEqual([{ value }])
      }
    })
  })

  for (const maintenanceOnClose of ['auto', false] as const) {
    test(`close empties the log while another process has the file open (maintenanceOnClose: ${maintenanceOnClose})`, async (t) => {
      if (t.database.walSizeBytes === undefined) return
      const store = await t.openWith(['counter'])
      const other = await t.client()
      expect(await other.call('run', { sql: 'select value from counter' })).toEqual([{ value: 0 }])
      await store.db.updateTable('counter').set({ value: 9 }).execute()
      expect(await store.close({ maintenanceOnClose })).toMatchObject({ clean: true, walSizeBytes: 0 })
      expect(await t.database.walSizeBytes()).toBe(0)
      expect(await other.call('run', { sql: 'select value from counter' })).toEqual([{ value: 9 }])
    })
  }

  test('close while another process reads an older state loses nothing and says what is left', async (t) => {
    if (t.database.walSizeBytes === undefined) return
    const store = await t.openWith(['counter'])
    const other = await t.client()
    await other.call('hold', { access: 'read' })
    await store.db.updateTable('counter').set({ value: 9 }).execute()
    const report = await store.close()
    expect(report.walSizeBytes).toBe(await t.database.walSizeBytes())
    expect(report.clean).toBe(report.walSizeBytes === 0)
    expect(report.clean).toBe(false)
    await other.call('release')
    expect(await t.probe('select value from counter')).toEqual([{ value: 9 }])
  })
}
