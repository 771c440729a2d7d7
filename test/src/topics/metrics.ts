/** `stats()`: what is counted, what is measured, what a reset leaves, and that nobody can change a snapshot. */
import type { LatencyStats, Store } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { changeableIn } from '../suite/look-into.ts'
import { increment, slowly } from '../suite/slow-statements.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }
const MINUTE_MS = 60_000
const NO_LATENCY = { windowMs: MINUTE_MS, count: 0 }

/** Latencies are right to 1 %. */
function rounded({ p50Ms, p95Ms, p99Ms, maxMs }: LatencyStats): (number | undefined)[] {
  return [p50Ms, p95Ms, p99Ms, maxMs].map((ms) => ms && Math.round(ms / 10) * 10)
}

/** Statements by every way in, one of which fails by each. */
const WAYS: Readonly<Record<string, (store: Store<TestSchema>) => Promise<unknown>>> = {
  db: async ({ db }) => {
    await db.insertInto('person').values(ANN).execute()
    return db.insertInto('person').values(ANN).execute()
  },
  'store.transaction': (store) =>
    store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await tx.insertInto('person').values(ANN).execute()
    }),
  'db.transaction': ({ db }) =>
    db.transaction().execute(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await tx.insertInto('person').values(ANN).execute()
    }),
  'db.connection': ({ db }) =>
    db.connection().execute(async (connection) => {
      await connection.insertInto('person').values(ANN).execute()
      await connection.insertInto('person').values(ANN).execute()
    }),
  withConnection: (store) =>
    store.withConnection(async ({ db }) => {
      await db.insertInto('person').values(ANN).execute()
      await db.insertInto('person').values(ANN).execute()
    }),
  stream: async ({ db }) => {
    for await (const _ of db.insertInto('person').values(ANN).returningAll().stream());
    for await (const _ of db.insertInto('person').values(ANN).returningAll().stream());
  },
}

/** Transactions by every way in. */
const DEFERRED: Readonly<
  Record<string, (store: Store<TestSchema>, work: (db: Kysely<TestSchema>) => Promise<unknown>) => Promise<unknown>>
> = {
  'store.transaction': (store, work) => store.transaction(work),
  'db.transaction': ({ db }, work) => db.transaction().execute(work),
  'db.startTransaction': async ({ db }, work) => {
    const tx = await db.startTransaction().execute()
    await work(tx)
    await tx.commit().execute()
  },
}

export const metrics: Topic = ({ describe, expect, expectCode, test }) => {
  describe('a snapshot', () => {
    test('nothing in it can be changed', async ({ openWith }) => {
      const store = await openWith(['counter'])
      await increment(store.db)
      await expectCode(sql`nonsense`.execute(store.db), 'SYNTAX')
      await store.maintenance()
      const before = store.stats()
      expect(changeableIn(before)).toEqual([])
      const since = before.since.getTime()
      before.since.setTime(0)
      expect(before.since.getTime()).toBe(since)
      expect(store.stats().since.getTime()).toBe(since)
    })

    test('it does not go on counting', async ({ openWith }) => {
      const store = await openWith(['counter'])
      await increment(store.db)
      const before = store.stats()
      const text = JSON.stringify(before)
      await increment(store.db)
      await expectCode(sql`nonsense`.execute(store.db), 'SYNTAX')
      await store.maintenance()
      expect(JSON.stringify(before)).toBe(text)
      expect(store.stats().queryCount).toBe(before.queryCount + 2)
    })

    test('a closed store still gives one, and counts what it refuses', async ({ openWith }) => {
      const store = await openWith(['counter'])
      await store.close({ maintenanceOnClose: false })
      const before = store.stats()
      expect(before).toMatchObject({ status: 'closed', inFlight: 0 })
      await expectCode(increment(store.db), 'CLOSED')
      await expectCode(
        store.transaction(async () => undefined),
        'CLOSED',
      )
      expect(store.stats()).toMatchObject({ queryCount: before.queryCount, errorCount: { CLOSED: 2 } })
    })
  })

  describe('statements', () => {
    for (const [name, run] of Object.entries(WAYS)) {
      test(`${name}: each is counted and measured, a failure once`, async ({ openWith }) => {
        const store = await openWith(['person'])
        store.resetStats()
        await expectCode(run(store), 'CONSTRAINT')
        const { queryCount, errorCount, latency, inFlight } = store.stats()
        expect({ queryCount, errorCount, count: latency.count, inFlight }).toEqual({
          queryCount: 2,
          errorCount: { CONSTRAINT: 1 },
          count: 2,
          inFlight: 0,
        })
      })
    }

    test('a stream is one, measured to its first rows', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      await store.db
        .insertInto('person')
        .values([ANN, { id: 2, name: 'eve', age: null }])
        .execute()
      store.resetStats()
      for await (const _ of store.db.selectFrom('person').selectAll().stream(1)) clock.advance(700)
      for await (const _ of store.db.selectFrom('person').selectAll().where('id', '=', 3).stream());
      expect(store.stats()).toMatchObject({ queryCount: 2, latency: { count: 2, maxMs: 0 }, errorCount: {} })
    })

    test('the time that one has waited is in its latency, whether it then succeeds or not', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      store.resetStats()
      await slowly(t, store, clock, 300, () => increment(store.db))
      const { latency, engine } = store.stats()
      expect(latency.count).toBe(2)
      expect(rounded(latency)).toEqual([0, 300, 300, 300])
      if (engine.writeLock !== undefined) {
        expect(engine.writeLock).toMatchObject({ waiting: 0, peakWaiting: 1, recentPeakWaiting: 1, wait: { count: 1 } })
        expect(rounded(engine.writeLock.wait)).toEqual([300, 300, 300, 300])
      }
      const failing = slowly(t, store, clock, 700, () =>
        // The key is there, whatever becomes of the row that it waits for.
        store.db.insertInto('counter').values({ id: 1, value: 0 }).execute(),
      )
      await expectCode(failing, 'CONSTRAINT')
      expect(rounded(store.stats().latency)).toEqual([0, 700, 700, 700])
    })

    test('percentiles are those of the last minute', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      store.resetStats()
      // The transaction that each waits for has a statement as well, which takes no time.
      for (let ms = 100; ms <= 1000; ms += 100) await slowly(t, store, clock, ms, () => increment(store.db))
      const { latency, queryCount } = store.stats()
      expect([latency.count, queryCount]).toEqual([20, 20])
      expect(rounded(latency)).toEqual([0, 900, 1000, 1000])
      clock.advance(MINUTE_MS)
      expect(store.stats().latency).toEqual(NO_LATENCY)
      expect(store.stats().queryCount).toBe(20)
    })
  })

  describe('transactions', () => {
    for (const [name, run] of Object.entries(DEFERRED)) {
      test(`${name}: what the commit says is counted once`, async ({ openWith }) => {
        const store = await openWith(['person'])
        await sql`create table late (owner integer references person (id) deferrable initially deferred)`.execute(
          store.db,
        )
        store.resetStats()
        await expectCode(
          run(store, (db) => sql`insert into late (owner) values (5)`.execute(db)),
          'CONSTRAINT',
        )
        expect(store.stats()).toMatchObject({ transactionCount: 1, queryCount: 1, inFlight: 0 })
        expect(store.stats().errorCount).toEqual({ CONSTRAINT: 1 })
      })
    }

    test('each attempt is counted, and the whole is measured', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      store.resetStats()
      await store.transaction(async (tx) => {
        await increment(tx)
        clock.advance(250)
      })
      const mine = new Error('mine')
      const failing = store.transaction(async (tx) => {
        await increment(tx)
        clock.advance(500)
        throw mine
      })
      expect(await rejectionOf(failing)).toBe(mine)
      await store.db.transaction().execute((tx) => increment(tx))
      const { transactionCount, transactionLatency, errorCount } = store.stats()
      expect([transactionCount, transactionLatency.count, errorCount]).toEqual([3, 2, {}])
      expect(rounded(transactionLatency)).toEqual([250, 500, 500, 500])
    })

    test('the most at a time is kept; a reset begins with those that are open', async ({ openWith }) => {
      const store = await openWith(['counter'])
      store.resetStats()
      const finish = createGate()
      const open = [1, 2, 3].map(() => store.db.connection().execute(() => finish.opened))
      await turns()
      expect(store.stats()).toMatchObject({ inFlight: 3, peakInFlight: 3 })
      store.resetStats()
      expect(store.stats()).toMatchObject({ inFlight: 3, peakInFlight: 3 })
      finish.open()
      await Promise.all(open)
      expect(store.stats()).toMatchObject({ inFlight: 0, peakInFlight: 3 })
      store.resetStats()
      expect(store.stats()).toMatchObject({ inFlight: 0, peakInFlight: 0 })
    })
  })

  describe('maintenance', () => {
    test('runs are counted by what came of them, with those who joined, and that of close()', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      const slow = store.maintenance({
        mode: 'light',
        onBegin: async () => {
          await turns(1)
          clock.advance(80)
        },
      })
      await Promise.all([slow, store.maintenance()])
      await store.maintenance({ onBegin: () => false })
      const controller = new AbortController()
      await expectCode(store.maintenance({ signal: controller.signal, onBegin: () => controller.abort() }), 'ABORTED')
      await rejectionOf(store.maintenance({ onBegin: () => Promise.reject(new Error('mine')) }))
      await store.maintenance({ dryRun: true })
      expect(store.stats().maintenance).toMatchObject({
        runCount: { ok: 1, skipped: 1, aborted: 1, failed: 1 },
        joinCount: 1,
        durationMs: 80,
      })
      store.resetStats()
      expect((await store.close({ maintenanceOnClose: 'light' })).maintenance?.outcome).toBe('ok')
      expect(store.stats().maintenance.runCount).toEqual({ ok: 1 })
    })

    test('rows that tasks have deleted add up', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const tasks = [3, 4].map((deletedRowCount) => ({
        name: `task ${deletedRowCount}`,
        run: async () => ({ counters: { deletedRowCount } }),
      }))
      await store.maintenance({ mode: 'light', tasks })
      await store.maintenance({ mode: 'light', tasks })
      expect(store.stats().maintenance.deletedRowCount).toBe(14)
    })
  })

  test('a reset begins anew, from its own moment', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['counter'], { clock })
    const opened = store.stats().since
    await slowly(t, store, clock, 300, () => increment(store.db))
    await expectCode(sql`nonsense`.execute(store.db), 'SYNTAX')
    await store.maintenance({ mode: 'light' })
    expect(store.stats().since).toEqual(opened)
    store.resetStats()
    const { engine, ...stats } = store.stats()
    expect(stats).toEqual({
      status: 'open',
      since: clock.now(),
      queryCount: 0,
      slowQueryCount: 0,
      errorCount: {},
      abortCount: 0,
      transactionCount: 0,
      inFlight: 0,
      peakInFlight: 0,
      latency: NO_LATENCY,
      transactionLatency: NO_LATENCY,
      maintenance: { runCount: {}, joinCount: 0, durationMs: 0, reclaimedBytes: 0, deletedRowCount: 0 },
    })
    expect(Object.values(engine.executors).every((count) => count === 0)).toBe(true)
    if (engine.writeLock !== undefined) {
      expect(engine.writeLock).toEqual({ waiting: 0, peakWaiting: 0, recentPeakWaiting: 0, wait: NO_LATENCY })
    }
    if (engine.statementCache !== undefined) expect(engine.statementCache).toEqual({ hitCount: 0, missCount: 0 })
  })
}
