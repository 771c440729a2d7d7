/** `slowQueries`: who hears of which statement, that no value is told, and what `plan()` is. */
import type { SlowQuery } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { lookInto } from '../suite/look-into.ts'
import { holdCounter, increment, slowly } from '../suite/slow-statements.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const SECRET = 'planted-5337'

/** The key is there, whatever becomes of the row that it waits for. */
const insertAgain = (db: Kysely<TestSchema>) => db.insertInto('counter').values({ id: 1, value: 0 }).execute()

export const slowQueries: Topic = ({ harness, describe, expect, expectCode, test }) => {
  describe('who is told', () => {
    test('a statement that took longer than 100 ms, once it has ended, and no other', async (t) => {
      const clock = t.manualClock()
      const told: SlowQuery[] = []
      const slow = { onSlowQuery: (query: SlowQuery) => told.push(query) }
      const store = await t.openWith(['counter'], { clock, slowQueries: slow })
      await slowly(t, store, clock, 100, () => increment(store.db))
      expect(told).toEqual([])
      await slowly(t, store, clock, 101, () => increment(store.db))
      expect(told.map(({ failed, durationMs }) => [failed, durationMs])).toEqual([[false, 101]])
      expect(told[0]?.sql.startsWith('update')).toBe(true)
      expect(store.stats().slowQueryCount).toBe(1)
      store.resetStats()
      expect(store.stats().slowQueryCount).toBe(0)
    })

    test('the threshold is the one that was given', async (t) => {
      const clock = t.manualClock()
      const told: number[] = []
      const onSlowQuery = ({ durationMs }: SlowQuery): unknown => told.push(durationMs)
      const store = await t.openWith(['counter'], { clock, slowQueries: { thresholdMs: 0, onSlowQuery } })
      await slowly(t, store, clock, 1, () => increment(store.db))
      expect(told).toEqual([1])
    })

    test('one that failed', async (t) => {
      const clock = t.manualClock()
      const told: boolean[] = []
      const onSlowQuery = ({ failed }: SlowQuery): unknown => told.push(failed)
      const store = await t.openWith(['counter'], { clock, slowQueries: { onSlowQuery } })
      await expectCode(
        slowly(t, store, clock, 300, () => insertAgain(store.db)),
        'CONSTRAINT',
      )
      expect(told).toEqual([true])
    })

    test('one on a leased connection, and a stream by its first rows', async (t) => {
      const clock = t.manualClock()
      const told: number[] = []
      const onSlowQuery = ({ durationMs }: SlowQuery): unknown => told.push(durationMs)
      const store = await t.openWith(['counter'], { clock, slowQueries: { onSlowQuery } })
      await slowly(t, store, clock, 200, () => store.db.connection().execute((db) => increment(db)))
      await slowly(t, store, clock, 300, async () => {
        const rows = store.db.updateTable('counter').set({ value: 1 }).returningAll().stream(1)
        for await (const _ of rows) clock.advance(1000)
      })
      expect(told).toEqual([200, 300])
    })

    test('nobody, unless the store was told whom', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      await slowly(t, store, clock, 1000, () => increment(store.db))
      expect(store.stats().slowQueryCount).toBe(0)
    })
  })

  describe('what is told', () => {
    test('no value: neither those that were bound, nor those in the text', async (t) => {
      const clock = t.manualClock()
      const told: SlowQuery[] = []
      const onSlowQuery = (query: SlowQuery): unknown => told.push(query)
      const store = await t.openWith(['person', 'counter'], { clock, slowQueries: { onSlowQuery } })
      await slowly(t, store, clock, 300, () =>
        sql`/* ${sql.raw(SECRET)} */ update counter set value = 5337 where ${SECRET} <> 'x' and
          ${sql.lit(SECRET)} <> 'it''s ${sql.raw(SECRET)}' -- ${sql.raw(SECRET)}`.execute(store.db),
      )
      expect(told.length).toBe(1)
      for (const { path, value } of lookInto(told[0])) {
        expect([path, `${String(value)} ${JSON.stringify(value)}`.includes('5337')]).toEqual([path, false])
      }
      expect(told[0]?.sql.replaceAll(/\s+/g, ' ').startsWith('update counter set value = ? where')).toBe(true)
      expect(Object.isFrozen(told[0])).toBe(true)
    })

    test('what the callback throws or rejects with is logged by its name alone, and reaches no caller', async (t) => {
      const clock = t.manualClock()
      const logged: unknown[] = []
      const warn = (...all: unknown[]): void => {
        logged.push(all)
        throw new Error('a logger that throws')
      }
      const failures = [
        () => {
          throw new TypeError(SECRET)
        },
        () => Promise.reject(new RangeError(SECRET)),
        () => Promise.reject(SECRET),
      ]
      const store = await t.openWith(['counter'], {
        clock,
        logger: { warn, error: warn },
        slowQueries: { onSlowQuery: () => failures.shift()?.() },
      })
      for (let time = 0; time < 3; time++) await slowly(t, store, clock, 300, () => increment(store.db))
      await turns()
      const text = JSON.stringify(logged)
      expect([logged.length, text.includes('TypeError'), text.includes('RangeError')]).toEqual([3, true, true])
      expect(text.includes(SECRET)).toBe(false)
      expect((await store.db.selectFrom('counter').select('value').executeTakeFirst())?.value).toBe(6)
    })

    test('nobody waits for the callback', async (t) => {
      const clock = t.manualClock()
      const never = createGate()
      const store = await t.openWith(['counter'], { clock, slowQueries: { onSlowQuery: () => never.opened } })
      await slowly(t, store, clock, 300, () => increment(store.db))
      expect(await store.close({ maintenanceOnClose: false })).toMatchObject({ clean: true, abandoned: 0 })
    })

    if (harness.capabilities.asyncContext) {
      test('what the callback writes is no part of what the statement was in', async (t) => {
        const clock = t.manualClock()
        const writes: Promise<unknown>[] = []
        const store = await t.openWith(['counter', 'person'], {
          clock,
          slowQueries: {
            onSlowQuery: () =>
              writes.push(store.db.insertInto('person').values({ id: 1, name: 'x', age: 1 }).execute()),
          },
        })
        await slowly(t, store, clock, 300, () =>
          // The first write of a connection waits, and then the connection holds what the callback's write waits for.
          store.db.connection().execute(async (db) => {
            await increment(db)
            await turns()
            expect(writes.length).toBe(1)
          }),
        )
        await Promise.all(writes)
        expect((await store.db.selectFrom('person').selectAll().execute()).length).toBe(1)
      })
    }
  })

  describe('plan()', () => {
    test('says how the statement is run, without running it, waiting or counting', async (t) => {
      const clock = t.manualClock()
      const told: SlowQuery[] = []
      const onSlowQuery = (query: SlowQuery): unknown => told.push(query)
      const store = await t.openWith(['counter'], { clock, slowQueries: { thresholdMs: 0, onSlowQuery } })
      await slowly(t, store, clock, 300, () =>
        store.db
          .updateTable('counter')
          .set({ value: sql`value + ${1}` })
          .where('id', '=', 1)
          .execute(),
      )
      const release = await holdCounter(store)
      const before = JSON.stringify(store.stats())
      const lines = (await told[0]?.plan()) ?? []
      expect(lines.some((line) => line.toLowerCase().includes('counter'))).toBe(true)
      expect([Object.isFrozen(lines), told.length]).toEqual([true, 1])
      expect(JSON.stringify(store.stats())).toBe(before)
      await release()
      expect((await store.db.selectFrom('counter').select('value').executeTakeFirst())?.value).toBe(3)
    })

    test('of what cannot be explained it is the error; of a closed store CLOSED', async (t) => {
      const clock = t.manualClock()
      const told: SlowQuery[] = []
      const onSlowQuery = (query: SlowQuery): unknown => told.push(query)
      const store = await t.openWith(['counter'], { clock, slowQueries: { onSlowQuery } })
      await expectCode(
        slowly(t, store, clock, 300, () => insertAgain(store.db)),
        'CONSTRAINT',
      )
      await store.db.schema.dropTable('counter').execute()
      const [slow] = told as [SlowQuery]
      expect(slow.failed).toBe(true)
      await expectCode(slow.plan(), 'SYNTAX')
      await store.close()
      await expectCode(slow.plan(), 'CLOSED')
    })
  })
}
