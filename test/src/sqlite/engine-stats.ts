/** What SQLite counts of itself, bytes given back, and how it explains statements. Not: the write lock as such. */
import type { SlowQuery, Store } from '@upkeep/core'
import { sql } from 'kysely'
import { fillPeople } from '../suite/fill-people.ts'
import { track, turns } from '../suite/gate.ts'
import { holdCounter, increment, slowly } from '../suite/slow-statements.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

/** What has been told, by stores that were opened with `slowQueries`. */
function createEar(): { readonly told: SlowQuery[]; readonly slowQueries: { onSlowQuery(query: SlowQuery): unknown } } {
  const told: SlowQuery[] = []
  return { told, slowQueries: { onSlowQuery: (query) => told.push(query) } }
}

export const engineStats: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness
  const readNames = ({ db }: Store<TestSchema>): Promise<unknown> => db.selectFrom('person').select('name').execute()

  test('a statement is prepared once, and found from then on, also when it had to wait', async ({ openWith }) => {
    const store = await openWith(['person', 'counter'])
    store.resetStats()
    for (let time = 0; time < 3; time++) await readNames(store)
    expect(store.stats().engine.statementCache).toEqual({ hitCount: 2, missCount: 1 })
    await increment(store.db)
    store.resetStats()
    const release = await holdCounter(store)
    const waiting = increment(store.db)
    await release()
    await waiting
    expect(store.stats().engine.statementCache).toEqual({ hitCount: 2, missCount: 0 })
    store.resetStats()
    await sql`pragma user_version`.execute(store.db)
    expect(store.stats().engine.statementCache).toEqual({ hitCount: 0, missCount: 0 })
  })

  test('statements are run inline, by whatever way they come', async ({ openWith }) => {
    const store = await openWith(['person', 'counter'])
    store.resetStats()
    await readNames(store)
    await increment(store.db)
    await store.transaction((tx) => increment(tx))
    await sql`pragma user_version`.execute(store.db)
    for await (const _ of store.db.selectFrom('person').selectAll().stream());
    expect(store.stats().engine.executors.inline).toBe(5)
    expect(store.stats().queryCount).toBe(5)
  })

  if (capabilities.vacuum === 'process') {
    test('what is done in another process is counted as that', async ({ openWith }) => {
      const store = await openWith(['person'])
      store.resetStats()
      await store.maintenance({ mode: 'full', steps: ['vacuum'] })
      const { executors } = store.stats().engine
      expect([executors.inline, (executors.process ?? 0) >= 1]).toEqual([0, true])
    })
  }

  test('the size of the log is that of the file, and absent where there is none', async ({ openWith, database }) => {
    const store = await openWith(['counter'])
    await increment(store.db)
    expect(store.stats().engine.walSizeBytes).toBe(await database.walSizeBytes?.())
    expect((store.stats().engine.walSizeBytes ?? 0) > 0).toBe(capabilities.writeAheadLog)
    await store.close()
    expect(store.stats().engine.walSizeBytes).toBe(capabilities.writeAheadLog ? 0 : undefined)
  })

  if (capabilities.concurrentReads) {
    test('the pool: who has leased a reader, and who waits for one', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      await fillPeople(store.db, 10)
      store.resetStats()
      const limit = store.stats().engine.pool?.limit ?? 0
      expect(limit > 0).toBe(true)
      const streams = Array.from({ length: limit + 1 }, () => store.db.selectFrom('person').selectAll().stream(1))
      for (const stream of streams.slice(0, limit)) await stream.next()
      const waiting = track<unknown>(Promise.resolve(streams.at(-1)?.next()))
      await turns()
      const full = { limit, leased: limit, peakLeased: limit, recentPeakLeased: limit }
      expect(store.stats().engine.pool).toMatchObject({ ...full, waiting: 1, peakWaiting: 1, wait: { count: 0 } })
      clock.advance(40)
      await streams[0]?.return?.()
      await waiting.promise
      for (const stream of streams) await stream.return?.()
      const { pool } = store.stats().engine
      expect(pool).toMatchObject({ ...full, leased: 0, waiting: 0, peakWaiting: 1, wait: { count: 1 } })
      expect(Math.round(pool?.wait.maxMs ?? 0)).toBe(40)
      expect(store.stats().inFlight).toBe(0)
    })
  } else {
    test('where there is one connection there is no pool', async ({ open }) => {
      expect((await open()).stats().engine.pool).toBe(undefined)
    })
  }

  if (capabilities.persistent && capabilities.incrementalReclaim) {
    test('bytes given back are those by which the file is smaller', async ({ openWith, database }) => {
      const store = await openWith(['person'])
      await fillPeople(store.db, 2000)
      await store.maintenance({ mode: 'full', steps: ['checkpoint'] })
      const before = (await database.fileSizeBytes?.()) ?? 0
      await store.db.deleteFrom('person').execute()
      expect(store.stats().maintenance.reclaimedBytes).toBe(0)
      await store.maintenance({ mode: 'full', steps: ['reclaim'] })
      const after = (await database.fileSizeBytes?.()) ?? 0
      expect(after < before).toBe(true)
      expect(store.stats().maintenance.reclaimedBytes).toBe(before - after)
    })
  }

  describe('plans', () => {
    test('of a read and of a write beside a transaction that has made the very table', async (t) => {
      const clock = t.manualClock()
      const { told, slowQueries } = createEar()
      const store = await t.openWith(['person', 'counter'], { clock, slowQueries })
      await slowly(t, store, clock, 300, () =>
        store.db.deleteFrom('person').where('name', '=', 'ann').where('age', '>', 5).execute(),
      )
      const [slow] = told as [SlowQuery]
      expect((await slow.plan()).some((line) => line.includes('person') && line.includes('INDEX'))).toBe(true)
      await store.transaction(async (tx) => {
        await tx.schema.createTable('other').addColumn('id', 'integer').execute()
        expect((await slow.plan()).length > 0).toBe(true)
      })
    })

    test('also of what has only a TEMP table to work on', async (t) => {
      const clock = t.manualClock()
      const { told, slowQueries } = createEar()
      const store = await t.openWith(['counter'], { clock, slowQueries })
      await sql`create temp table note (id integer primary key, text text)`.execute(store.db)
      await slowly(t, store, clock, 300, () => sql`insert into note (text) values (${'x'})`.execute(store.db))
      expect(told.length).toBe(1)
      expect(Array.isArray(await told[0]?.plan())).toBe(true)
      expect((await sql<{ n: number }>`select count(*) as n from note`.execute(store.db)).rows).toEqual([{ n: 1 }])
    })

    test('a setting is not explained: that would change it', async (t) => {
      const clock = t.manualClock()
      const { told, slowQueries } = createEar()
      const store = await t.openWith(['counter'], { clock, slowQueries })
      await slowly(t, store, clock, 300, () =>
        store.db.connection().execute((db) => sql`pragma foreign_keys = off`.execute(db)),
      )
      await expectCode((told[0] as SlowQuery).plan(), 'INVALID_ARGUMENT')
      expect((await sql`pragma foreign_keys`.execute(store.db)).rows).toEqual([{ foreign_keys: 1 }])
    })
  })
}
