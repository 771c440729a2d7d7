/** What retention cannot delete, and what comes while it deletes: neither keeps it from the rest, or from its end. */
import { deleteOlderThan, retention, type Store } from '@upkeep/core'
import { createEvents, daysAgo, type EventSchema, fillEvents, keysOf, runTask } from '../suite/event-table.ts'
import type { Scenario, Topic } from '../suite/suite.ts'

interface NotedSchema extends EventSchema {
  note: { id: number; event: number }
}

const byAge = { table: 'event', column: 'at', maxAge: { days: 30 } } as const
const { deleteOlderThan: deleteEvents } = retention<NotedSchema>()

/** Old events, of which notes hold some by a foreign key. */
async function openNoted(t: Scenario, count: number, held: readonly number[]): Promise<Store<NotedSchema>> {
  const store = await t.open<NotedSchema>({ clock: t.manualClock() })
  await createEvents(store.db)
  await fillEvents(
    store.db,
    Array.from({ length: count }, () => 40),
  )
  await store.db.schema
    .createTable('note')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('event', 'integer', (column) => column.notNull().references('event.id'))
    .execute()
  for (const [index, event] of held.entries()) {
    await store.db
      .insertInto('note')
      .values({ id: index + 1, event })
      .execute()
  }
  return store
}

export const retentionRefused: Topic = ({ describe, expect, test }) => {
  describe('a row that a foreign key keeps', () => {
    for (const scan of ['key', 'column'] as const) {
      test(`stays and keeps no other; the task fails in the end (scan ${scan})`, async (t) => {
        const store = await openNoted(t, 250, [3, 120])
        const told: number[] = []
        const task = deleteEvents({ ...byAge, scan, onDeleted: (ids) => void told.push(...ids) })
        const report = await runTask(store, task)
        expect(report).toMatchObject({ status: 'failed', error: { code: 'CONSTRAINT' } })
        expect(report.counters).toMatchObject({ deletedRowCount: 248, refusedRowCount: 2 })
        expect(await keysOf(store.db)).toEqual([3, 120])
        expect(told.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 250 }, (_, index) => index + 1).filter((id) => id !== 3 && id !== 120),
        )
        await store.db.deleteFrom('note').execute()
        expect(await runTask(store, task)).toMatchObject({ status: 'done', counters: { deletedRowCount: 2 } })
      })
    }

    test('very many of them end the run, and the next one goes on behind them', async (t) => {
      const held = Array.from({ length: 1000 }, (_, index) => index + 1)
      const store = await openNoted(t, 1050, held)
      const task = deleteEvents(byAge)
      const first = await runTask(store, task)
      expect(first).toMatchObject({ status: 'failed', counters: { refusedRowCount: 1000 } })
      expect(first.counters?.deletedRowCount).toBe(undefined)
      expect((await runTask(store, task)).counters).toMatchObject({ deletedRowCount: 50 })
      expect((await keysOf(store.db)).length).toBe(1000)
    })
  })

  test('an error of onDeleted is none of a row: it is called again', async (t) => {
    const store = await openNoted(t, 5, [])
    const told: number[][] = []
    const onDeleted = async (ids: readonly number[]): Promise<void> => {
      told.push([...ids])
      await store.db.insertInto('note').values({ id: 1, event: 999 }).execute()
    }
    const report = await runTask(store, deleteEvents({ ...byAge, retry: { attempts: 1 }, onDeleted }))
    expect(report).toMatchObject({ status: 'failed', error: { code: 'CONSTRAINT' } })
    expect(report.counters?.refusedRowCount).toBe(undefined)
    expect(told).toEqual([[1, 2, 3, 4, 5]])
  })

  test('rows that are inserted while it deletes make no run endless', async (t) => {
    const store = await openNoted(t, 25, [])
    let next = 26
    const task = deleteOlderThan<NotedSchema, 'event', 'at'>({
      ...byAge,
      batchSize: 10,
      async onDeleted(ids) {
        for (const _ of ids) {
          const row = { id: next++, at: daysAgo(40), kind: null, size: null }
          if (next < 500) await store.db.insertInto('event').values(row).execute()
        }
      },
    })
    expect(await runTask(store, task)).toMatchObject({ status: 'done', counters: { deletedRowCount: 25 } })
    expect((await keysOf(store.db)).length).toBe(25)
  })
}
