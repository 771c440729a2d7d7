/** Retention by age and by condition: which rows go and which stay, in batches, under a budget and a signal. */
import { deleteOlderThan, deleteWhere, type Store } from '@upkeep/core'
import { sql } from 'kysely'
import {
  createEvents,
  daysAgo,
  type EventSchema,
  fillEvents,
  keysOf,
  mixedAges,
  NOW_MS,
  runTask,
  taskOf,
} from '../suite/event-table.ts'
import { createGate, turns } from '../suite/gate.ts'
import type { ManualClock } from '../suite/manual-clock.ts'
import { rejectionOf, type Scenario, type Topic } from '../suite/suite.ts'

const MONTH = { days: 30 }

async function openEvents(
  t: Scenario,
  ages: readonly (number | null)[],
): Promise<{ store: Store<EventSchema>; clock: ManualClock }> {
  const clock = t.manualClock()
  const store = await t.open<EventSchema>({ clock })
  await createEvents(store.db)
  await fillEvents(store.db, ages)
  return { store, clock }
}

const byAge = (batchSize = 100) =>
  deleteOlderThan<EventSchema, 'event', 'at'>({ table: 'event', column: 'at', maxAge: MONTH, batchSize })

export const retention: Topic = ({ describe, expect, test }) => {
  test('what is older goes; what is younger, just as old, or has no age stays', async (t) => {
    const { store } = await openEvents(t, [40, 30, 29, null, 31, 0])
    const report = await runTask(store, byAge())
    expect(report).toMatchObject({ status: 'done', counters: { deletedRowCount: 2, batchCount: 1 } })
    expect(await keysOf(store.db)).toEqual([2, 3, 4, 6])
  })

  test('one batch is one transaction, and progress counts rows', async (t) => {
    const { store } = await openEvents(t, mixedAges(500))
    const before = store.stats().transactionCount
    const seen: number[] = []
    const report = await store.maintenance({
      mode: 'light',
      tasks: [byAge()],
      onProgress: ({ task, done, unit }) => task !== undefined && unit === 'rows' && seen.push(done),
    })
    expect(taskOf(report)).toMatchObject({ status: 'done', counters: { deletedRowCount: 250, batchCount: 3 } })
    expect(seen).toEqual([100, 200, 250])
    expect(store.stats().transactionCount - before).toBe(3)
    expect((await keysOf(store.db)).length).toBe(250)
  })

  test('scan column finds the same rows by the age', async (t) => {
    const { store } = await openEvents(t, [...mixedAges(300), null])
    await store.db.schema.createIndex('event_at').on('event').column('at').execute()
    const options = { table: 'event', column: 'at', maxAge: MONTH, scan: 'column', batchSize: 40 } as const
    const report = await runTask(store, deleteOlderThan(options))
    expect(report.counters).toMatchObject({ deletedRowCount: 150, batchCount: 4 })
    expect((await keysOf(store.db)).length).toBe(151)
  })

  test('scan column goes past rows that the database takes for older than they are', async (t) => {
    const { store } = await openEvents(t, [])
    await sql`insert into event (id, at) values (1, '2025-12-02 12:00:00'), (2, '2025-12-02 13:00:00')`.execute(
      store.db,
    )
    await store.db
      .insertInto('event')
      .values({ id: 3, at: daysAgo(30.1), kind: null, size: null })
      .execute()
    const options = { table: 'event', column: 'at', maxAge: { days: 29.9 }, scan: 'column', batchSize: 1 } as const
    expect(await runTask(store, deleteOlderThan(options))).toMatchObject({ counters: { deletedRowCount: 1 } })
    expect(await keysOf(store.db)).toEqual([1, 2])
  })

  test('a time that was written without T and Z is as old as it is', async (t) => {
    const { store } = await openEvents(t, [])
    await sql`insert into event (id, at) values (1, '2025-12-31 23:00:00'), (2, '2025-12-31 01:00:00')`.execute(
      store.db,
    )
    await runTask(store, deleteOlderThan({ table: 'event', column: 'at', maxAge: { hours: 12 } }))
    expect(await keysOf(store.db)).toEqual([1])
  })

  for (const [storedAs, unitMs] of [
    ['epochMs', 1],
    ['epochSeconds', 1000],
  ] as const) {
    test(`${storedAs}: numbers are compared as such`, async (t) => {
      const { store } = await openEvents(t, [1, 1, null])
      await store.db
        .updateTable('event')
        .set({ size: daysAgo(31).getTime() / unitMs })
        .where('id', '=', 1)
        .execute()
      await store.db
        .updateTable('event')
        .set({ size: daysAgo(29).getTime() / unitMs })
        .where('id', '=', 2)
        .execute()
      await store.db.updateTable('event').set({ size: null }).where('id', '=', 3).execute()
      await runTask(store, deleteOlderThan({ table: 'event', column: 'size', maxAge: MONTH, storedAs }))
      expect(await keysOf(store.db)).toEqual([2, 3])
    })
  }

  test('a column of numbers that is taken for one of times fails, and nothing goes', async (t) => {
    const { store } = await openEvents(t, [1, 1])
    const report = await runTask(store, deleteOlderThan({ table: 'event', column: 'size', maxAge: MONTH }))
    expect(report.status).toBe('failed')
    expect((await keysOf(store.db)).length).toBe(2)
  })

  test('deleteWhere: what fulfils the condition goes', async (t) => {
    const { store } = await openEvents(t, mixedAges(300))
    await store.db.updateTable('event').set({ kind: 'b' }).where('id', '<=', 150).execute()
    const report = await runTask(store, deleteWhere({ table: 'event', where: (eb) => eb('kind', '=', 'b') }))
    expect(report.counters).toMatchObject({ deletedRowCount: 150, batchCount: 2 })
    expect(await keysOf(store.db)).toEqual(Array.from({ length: 150 }, (_, index) => index + 151))
  })

  test('where narrows deleteOlderThan', async (t) => {
    const { store } = await openEvents(t, [40, 40, 1])
    await store.db.updateTable('event').set({ kind: 'b' }).where('id', '>', 1).execute()
    const options = { table: 'event', column: 'at', maxAge: MONTH } as const
    await store.maintenance({ tasks: [deleteOlderThan({ ...options, where: (eb) => eb('kind', '=', 'b') })] })
    expect(await keysOf(store.db)).toEqual([1, 3])
  })

  test('a row that is touched after it was found stays', async (t) => {
    const { store } = await openEvents(t, [40, 40])
    const gate = createGate()
    const touching = store.transaction(async (tx) => {
      await tx
        .updateTable('event')
        .set({ at: new Date(NOW_MS) })
        .where('id', '=', 1)
        .execute()
      await gate.opened
    })
    const running = runTask(store, byAge())
    // Long enough to have found both rows and to wait for the lock, where reads do not wait.
    await turns(20)
    gate.open()
    await touching
    expect((await running).counters).toMatchObject({ deletedRowCount: 1 })
    expect(await keysOf(store.db)).toEqual([1])
  })

  test('an abort ends it between two batches', async (t) => {
    const { store } = await openEvents(t, mixedAges(500))
    const controller = new AbortController()
    const error = await rejectionOf(
      runTask(store, byAge(), { signal: controller.signal, onProgress: () => controller.abort() }),
    )
    expect(error).toMatchObject({ code: 'ABORTED' })
    expect((await keysOf(store.db)).length).toBe(400)
  })

  describe('a budget', () => {
    test('that is spent ends it between two batches, and there is more to do', async (t) => {
      const { store, clock } = await openEvents(t, mixedAges(500))
      const report = await runTask(store, byAge(), { budgetMs: 100, onProgress: () => clock.advance(100) })
      expect(report).toMatchObject({ status: 'blocked', counters: { deletedRowCount: 100 } })
      expect(await runTask(store, byAge())).toMatchObject({ status: 'done', counters: { deletedRowCount: 150 } })
    })

    test('too short for a pass: the next run goes on where it was, and then round', async (t) => {
      const { store, clock } = await openEvents(t, [40, 1, 40, 40])
      const task = byAge(1)
      await runTask(store, task, { budgetMs: 100, onProgress: () => clock.advance(100) })
      expect(await keysOf(store.db)).toEqual([2, 3, 4])
      await store.db
        .updateTable('event')
        .set({ at: daysAgo(50) })
        .where('id', '=', 2)
        .execute()
      await store.db
        .insertInto('event')
        .values({ id: 1, at: daysAgo(50), kind: null, size: null })
        .execute()
      await runTask(store, task, { budgetMs: 100, onProgress: () => clock.advance(100) })
      expect(await keysOf(store.db)).toEqual([1, 3, 4])
      await runTask(store, task)
      expect(await keysOf(store.db)).toEqual([])
    })
  })
}
