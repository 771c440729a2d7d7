/**
 * Timeouts of statements: by name and in milliseconds, what they count, what they leave alone. What stops a statement
 * that runs is a topic of its own.
 */
import type { Store } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { track, turns } from '../suite/gate.ts'
import { holdCounter, increment } from '../suite/slow-statements.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

type Db = Kysely<TestSchema>

/** What waits for the writer before it, on a Kysely with a timeout. */
const WAITING: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'a statement': increment,
  'a statement with a signal': (db) =>
    db.updateTable('counter').set({ value: 9 }).where('id', '=', 1).execute({ signal: new AbortController().signal }),
  'a statement of a connection': (db) => db.connection().execute(increment),
}

/** What `withTimeout` takes, and how long that is. */
const TIMEOUTS = [
  ['fast', 1000],
  ['slow', 30_000],
  [20, 20],
] as const

const REFUSED: readonly unknown[] = [
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  'quick',
  '1000',
  null,
  undefined,
  true,
]

export const timeouts: Topic = ({ harness, describe, expect, expectCode, test }) => {
  for (const [name, work] of Object.entries(WAITING)) {
    for (const [timeout, ms] of TIMEOUTS) {
      test(`withTimeout(${JSON.stringify(timeout)}) counts from the call on: ${name} that waits is TIMEOUT`, async (t) => {
        const clock = t.manualClock()
        const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 60_000 })
        const release = await holdCounter(store)
        const outcome = rejectionOf(work(store.withTimeout(timeout)))
        await t.untilWaiting()
        clock.advance(ms - 1)
        await turns()
        expect(store.stats().errorCount.TIMEOUT).toBe(undefined)
        clock.advance(1)
        expect(await outcome).toMatchObject({ code: 'TIMEOUT', retryable: false })
        expect(store.stats().errorCount.TIMEOUT).toBe(1)
        await release()
        expect(await counterValue(store)).toBe(1)
      })
    }
  }

  if (harness.capabilities.concurrentWrites) {
    test('in a server waiting is a part of running, and the default timeout counts both', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 60_000, timeouts: { defaultMs: 1000 } })
      const release = await holdCounter(store)
      const waiting = rejectionOf(increment(store.db))
      await t.untilWaiting()
      clock.advance(1000)
      expect(await waiting).toMatchObject({ code: 'TIMEOUT' })
      await release()
      expect(await counterValue(store)).toBe(1)
    })
  } else {
    test('the default timeout leaves waiting to the limits of waiting', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 60_000, timeouts: { defaultMs: 10 } })
      const release = await holdCounter(store)
      const waiting = increment(store.db)
      await turns()
      clock.advance(1000)
      await turns()
      await release()
      await waiting
      expect(await counterValue(store)).toBe(2)
    })
  }

  test('the names mean what the store was opened with; false is none', async (t) => {
    const clock = t.manualClock()
    const given = { fastMs: 7, slowMs: false, defaultMs: false } as const
    const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 60_000, timeouts: given })
    const release = await holdCounter(store)
    const fast = rejectionOf(increment(store.withTimeout('fast')))
    const patient = [store.withTimeout('slow'), store.withTimeout(false), store.withTimeout('default')].map((db) =>
      track(increment(db)),
    )
    await t.untilWaiting(4)
    clock.advance(7)
    expect(await fast).toMatchObject({ code: 'TIMEOUT' })
    clock.advance(40_000)
    await turns()
    expect(patient.map(({ settled }) => settled)).toEqual([false, false, false])
    await release()
    await Promise.all(patient.map(({ promise }) => promise))
    expect(await counterValue(store)).toBe(4)
  })

  test('what is in time is not touched, in a transaction and in a stream too', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['counter'], { clock })
    const db = store.withTimeout('fast')
    await increment(db)
    const release = await holdCounter(store)
    const timerCount = clock.pendingCount
    const waiting = increment(db)
    await t.untilWaiting()
    await release()
    await waiting
    expect(clock.pendingCount <= timerCount).toBe(true)
    await db.transaction().execute((tx) => increment(tx))
    const rows = []
    for await (const row of db.selectFrom('counter').selectAll().stream()) rows.push(row)
    clock.advance(60_000)
    await turns()
    expect(rows).toEqual([{ id: 1, value: 4 }])
    expect(store.stats().errorCount).toEqual({})
  })

  test('it is the same Kysely for a name, and store.db by default', async (t) => {
    const store = await t.open()
    expect(store.withTimeout('default')).toBe(store.db)
    expect(store.withTimeout('fast')).toBe(store.withTimeout('fast'))
    expect(Object.is(store.withTimeout('fast'), store.db)).toBe(false)
  })

  describe('what is no timeout is INVALID_ARGUMENT', () => {
    for (const timeout of REFUSED) {
      test(`${timeout === undefined ? 'undefined' : JSON.stringify(timeout)} (${String(timeout)})`, async (t) => {
        const store = await t.open()
        await expectCode(
          Promise.resolve().then(() => store.withTimeout(timeout as number)),
          'INVALID_ARGUMENT',
        )
      })
    }
  })

  test('after close() a Kysely with a timeout is CLOSED', async (t) => {
    const store = await t.openWith(['counter'])
    const db = store.withTimeout('fast')
    await store.close()
    await expectCode(increment(db), 'CLOSED')
  })
}

async function counterValue(store: Store<TestSchema>): Promise<number> {
  const { value } = await store.db.selectFrom('counter').select('value').executeTakeFirstOrThrow()
  return value
}
