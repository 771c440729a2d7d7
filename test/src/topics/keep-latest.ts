/** `keepLatest`: how many of each group stay, which of the others go, what equals and NULLs mean. */
import { keepLatest, type Store } from '@upkeep/core'
import { createEvents, daysAgo, type EventSchema, keysOf, runTask } from '../suite/event-table.ts'
import type { Scenario, Topic } from '../suite/suite.ts'

type Row = readonly [kind: string | null, days: number | null, size?: number]

/** Rows with ids from 1 on. */
async function openRows(t: Scenario, rows: readonly Row[]): Promise<Store<EventSchema>> {
  const store = await t.open<EventSchema>({ clock: t.manualClock() })
  await createEvents(store.db)
  const values = rows.map(([kind, days, size = 0], index) => {
    return { id: index + 1, kind, size, at: days === null ? null : daysAgo(days) }
  })
  await store.db.insertInto('event').values(values).execute()
  return store
}

const BASE = { table: 'event', orderBy: 'at' } as const

export const keepLatestTopic: Topic = ({ expect, test }) => {
  test('the newest of each group stay', async (t) => {
    const store = await openRows(t, [
      ['a', 5],
      ['b', 4],
      ['a', 3],
      ['a', 1],
      ['b', 2],
      ['c', 9],
    ])
    const report = await runTask(store, keepLatest({ ...BASE, partitionBy: 'kind', keep: 2 }))
    expect(report).toMatchObject({ status: 'done', counters: { deletedRowCount: 1 } })
    expect(await keysOf(store.db)).toEqual([2, 3, 4, 5, 6])
  })

  test('without partitionBy the table is one group', async (t) => {
    const store = await openRows(t, [
      ['a', 5],
      ['b', 4],
      ['a', 3],
      ['a', 1],
      ['b', 2],
    ])
    await runTask(store, keepLatest({ ...BASE, keep: 3 }))
    expect(await keysOf(store.db)).toEqual([3, 4, 5])
  })

  test('a group by several columns', async (t) => {
    const store = await openRows(t, [
      ['a', 5, 1],
      ['a', 4, 1],
      ['a', 3, 2],
      ['b', 3, 1],
    ])
    await runTask(store, keepLatest({ ...BASE, partitionBy: ['kind', 'size'], keep: 1 }))
    expect(await keysOf(store.db)).toEqual([2, 3, 4])
  })

  test('olderThan: of the others only those that are older go', async (t) => {
    const store = await openRows(t, [
      ['a', 40],
      ['a', 35],
      ['a', 20],
      ['a', 10],
      ['b', 90],
      ['b', 80],
    ])
    const task = keepLatest({ ...BASE, partitionBy: 'kind', keep: 1, olderThan: { days: 30 } })
    await runTask(store, task)
    expect(await keysOf(store.db)).toEqual([3, 4, 6])
  })

  test('olderThan: however old, the newest stay', async (t) => {
    const store = await openRows(t, [
      ['a', 400],
      ['a', 500],
      ['a', 600],
    ])
    await runTask(store, keepLatest({ ...BASE, keep: 2, olderThan: { days: 30 } }))
    expect(await keysOf(store.db)).toEqual([1, 2])
  })

  test('the age may be another column than the order', async (t) => {
    const store = await openRows(t, [
      ['a', 40, 1],
      ['a', 1, 2],
      ['a', 40, 3],
      ['a', 1, 4],
    ])
    const task = keepLatest({ table: 'event', orderBy: 'size', keep: 1, olderThan: { days: 30 }, column: 'at' })
    await runTask(store, task)
    expect(await keysOf(store.db)).toEqual([2, 4])
  })

  test('an order that is no time, with an age that is counted from it, fails and deletes nothing', async (t) => {
    const store = await openRows(t, [
      ['a', 40, 1],
      ['a', 40, 2],
    ])
    const report = await runTask(
      store,
      keepLatest({ table: 'event', orderBy: 'size', keep: 1, olderThan: { days: 30 } }),
    )
    expect(report.status).toBe('failed')
    expect(await keysOf(store.db)).toEqual([1, 2])
  })

  test('of equal ones those with the greater key stay', async (t) => {
    const store = await openRows(t, [
      ['a', 5],
      ['a', 5],
      ['a', 5],
      ['a', 5],
    ])
    await runTask(store, keepLatest({ ...BASE, partitionBy: 'kind', keep: 2, batchSize: 1 }))
    expect(await keysOf(store.db)).toEqual([3, 4])
  })

  for (const keep of [0, 1]) {
    test(`NULL in the order or the group stays, keep ${keep}`, async (t) => {
      const store = await openRows(t, [
        [null, 5],
        [null, 4],
        ['a', null],
        ['a', 3],
        ['a', 2],
      ])
      await runTask(store, keepLatest({ ...BASE, partitionBy: 'kind', keep }))
      expect(await keysOf(store.db)).toEqual(keep === 0 ? [1, 2, 3] : [1, 2, 3, 5])
    })
  }

  test('many groups, in small batches', async (t) => {
    const rows = Array.from({ length: 900 }, (_, index): Row => [`${index % 30}`, 900 - index])
    const store = await openRows(t, rows)
    const report = await runTask(store, keepLatest({ ...BASE, partitionBy: 'kind', keep: 10, batchSize: 7 }))
    expect(report.counters).toMatchObject({ deletedRowCount: 600 })
    expect(await keysOf(store.db)).toEqual(Array.from({ length: 300 }, (_, index) => index + 601))
  })
}
