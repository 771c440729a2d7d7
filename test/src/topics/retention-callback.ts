/** `onDeleted`: told of every deleted row, tried again, never lost. Not: what a killed process leaves. */
import { deleteOlderThan, OUTBOX_TABLE, type RetentionOptions, retention, type Store } from '@upkeep/core'
import { createEvents, daysAgo, type EventSchema, fillEvents, keysOf, runTask } from '../suite/event-table.ts'
import { createGate, turns } from '../suite/gate.ts'
import type { ManualClock } from '../suite/manual-clock.ts'
import { rejectionOf, type Scenario, type Topic } from '../suite/suite.ts'

type Options = Partial<RetentionOptions<EventSchema, 'event', 'id'>>

const { deleteOlderThan: deleteEvents } = retention<EventSchema>()
const byAge = (options: Options) => deleteEvents({ table: 'event', column: 'at', maxAge: { days: 30 }, ...options })

async function openEvents(t: Scenario, count: number): Promise<{ store: Store<EventSchema>; clock: ManualClock }> {
  const clock = t.manualClock()
  const store = await t.open<EventSchema>({ clock })
  await createEvents(store.db)
  await fillEvents(
    store.db,
    Array.from({ length: count }, () => 40),
  )
  return { store, clock }
}

const outboxCount = async (store: Store<any>): Promise<number> =>
  (await store.db.selectFrom('upkeep_outbox').select('id').execute()).length

/** Lets time pass until `promise` has settled. */
async function letTimePass<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const end = (): void => {
    settled = true
  }
  promise.then(end, end)
  while (!settled) {
    clock.advance(1000)
    await turns(1)
  }
  return promise
}

export const retentionCallback: Topic = ({ expect, test }) => {
  test('it is told all ids, a batch after the other, each after its commit', async (t) => {
    const { store } = await openEvents(t, 250)
    const told: number[][] = []
    let underWay = 0
    const task = byAge({
      async onDeleted(ids) {
        expect(++underWay).toBe(1)
        told.push([...ids])
        const left = await store.db.selectFrom('event').select('id').where('id', 'in', ids).execute()
        expect(left).toEqual([])
        await turns(1)
        underWay--
      },
    })
    const report = await runTask(store, task)
    expect(report).toMatchObject({
      status: 'done',
      counters: { deletedRowCount: 250, batchCount: 3, callbackCount: 3 },
    })
    expect(told.map((ids) => ids.length)).toEqual([100, 100, 50])
    expect(told.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1))
    expect(await outboxCount(store)).toBe(0)
  })

  test('without a callback there is no outbox', async (t) => {
    const { store } = await openEvents(t, 1)
    await runTask(store, byAge({}))
    const tables = (await store.db.introspection.getTables()).map(({ name }) => name)
    expect(tables.filter((name) => name === 'event' || name === OUTBOX_TABLE)).toEqual(['event'])
  })

  test('nothing deleted, nothing told', async (t) => {
    const { store } = await openEvents(t, 0)
    let calls = 0
    await runTask(store, byAge({ onDeleted: () => void calls++ }))
    expect(calls).toBe(0)
  })

  for (const [way, fail] of [
    ['rejects', () => Promise.reject(new Error('mine'))],
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['never settles', () => new Promise<void>(() => undefined)],
  ] as const) {
    test(`it ${way}: it is called again, and the next batch waits`, async (t) => {
      const { store, clock } = await openEvents(t, 2)
      const calls: (readonly number[])[] = []
      const task = byAge({
        batchSize: 1,
        callbackTimeoutMs: 5000,
        onDeleted: (ids) => {
          calls.push(ids)
          if (calls.length <= 2) return fail()
        },
      })
      const report = await letTimePass(clock, runTask(store, task))
      expect(report).toMatchObject({
        status: 'done',
        counters: { deletedRowCount: 2, callbackCount: 2, retryCount: 2 },
      })
      expect(calls).toEqual([[1], [1], [1], [2]])
    })
  }

  test('one that does not settle hears so by its signal', async (t) => {
    const { store, clock } = await openEvents(t, 1)
    let seen: AbortSignal | undefined
    const task = byAge({
      callbackTimeoutMs: 5000,
      retry: { attempts: 1 },
      onDeleted: (_ids, { signal }) => {
        seen = signal
        return new Promise<void>(() => undefined)
      },
    })
    const report = await letTimePass(clock, runTask(store, task))
    expect(report).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' }, counters: { deletedRowCount: 1 } })
    expect(seen?.aborted).toBe(true)
  })

  test('it fails for good: the task is failed, and the next run begins with what was not told', async (t) => {
    const { store, clock } = await openEvents(t, 3)
    const calls: (readonly number[])[] = []
    let broken = true
    const mine = new Error('mine')
    const task = byAge({
      batchSize: 2,
      retry: { attempts: 3, backoffMs: 10 },
      onDeleted: async (ids) => {
        calls.push(ids)
        if (broken) throw mine
      },
    })
    const report = await letTimePass(clock, runTask(store, task))
    expect(report).toMatchObject({ status: 'failed', counters: { deletedRowCount: 2, retryCount: 2 } })
    expect(report.error).toBe(mine)
    expect(calls).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect([await keysOf(store.db), await outboxCount(store)]).toEqual([[3], 1])
    broken = false
    const next = await runTask(store, task)
    expect(next).toMatchObject({ status: 'done', counters: { deletedRowCount: 1, redeliveredRowCount: 2 } })
    expect(calls.slice(3)).toEqual([[1, 2], [3]])
    expect(await outboxCount(store)).toBe(0)
  })

  test('an abort while it runs: it hears so, and is told again by the next run', async (t) => {
    const { store } = await openEvents(t, 2)
    const controller = new AbortController()
    const late = createGate()
    const task = byAge({
      onDeleted: async (ids, { signal }) => {
        controller.abort()
        expect([ids.length, signal.aborted]).toEqual([2, true])
        await late.opened
      },
    })
    const error = await rejectionOf(runTask(store, task, { signal: controller.signal }))
    expect(error).toMatchObject({ code: 'ABORTED' })
    // That it went well after all comes too late to be known.
    late.open()
    await turns()
    const told: number[] = []
    await runTask(store, byAge({ onDeleted: (ids) => void told.push(...ids) }))
    expect(told).toEqual([1, 2])
  })

  test('what is there again is not told as gone', async (t) => {
    const { store, clock } = await openEvents(t, 3)
    const calls: (readonly number[])[] = []
    const task = byAge({
      retry: { attempts: 2 },
      onDeleted: async (ids) => {
        calls.push(ids)
        if (calls.length > 1) return
        await store.db
          .insertInto('event')
          .values({ id: 2, at: daysAgo(0), kind: null, size: null })
          .execute()
        throw new Error('mine')
      },
    })
    const report = await letTimePass(clock, runTask(store, task))
    expect(calls).toEqual([
      [1, 2, 3],
      [1, 3],
    ])
    expect(report.counters).toMatchObject({ deletedRowCount: 3, reinsertedRowCount: 1 })
    expect(await outboxCount(store)).toBe(0)
  })

  test('tasks do not tell what others have deleted', async (t) => {
    const { store } = await openEvents(t, 2)
    const told = new Map<string, readonly number[]>()
    const failing = byAge({ name: 'one', retry: { attempts: 1 }, onDeleted: () => Promise.reject(new Error('mine')) })
    await runTask(store, failing)
    for (const name of ['two', 'one']) {
      await runTask(store, byAge({ name, onDeleted: (ids) => void told.set(name, ids) }))
    }
    expect([...told]).toEqual([['one', [1, 2]]])
  })

  test('the callback may use the store, and may not maintain it', async (t) => {
    const { store } = await openEvents(t, 1)
    const codes: unknown[] = []
    const task = deleteOlderThan<any, 'event', 'at'>({
      table: 'event',
      column: 'at',
      maxAge: { days: 1 },
      onDeleted: async () => {
        await store.transaction((tx) =>
          tx.insertInto('event').values({ id: 9, at: null, kind: null, size: null }).execute(),
        )
        // Without an async context nobody can know that it would wait for itself.
        if (store.capabilities.asyncContext) codes.push(await rejectionOf(store.maintenance()))
      },
    })
    await runTask<any>(store, task)
    expect(await keysOf(store.db)).toEqual([9])
    expect(codes).toMatchObject(store.capabilities.asyncContext ? [{ code: 'NESTED_USE' }] : [])
  })
}
