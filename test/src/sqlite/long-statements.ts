/**
 * Statements that take long: what stops them, where they run, and what is left of them. Without workers only their
 * timeout stops them, or the end of the process that reads.
 */
import type { Store } from '@upkeep/core'
import { sql } from 'kysely'
import { microtasks, soon, track, turns } from '../suite/gate.ts'
import { createBigTable, ENDLESS_READ, LONG_STATEMENTS, onWorker } from '../suite/long-work.ts'
import type { Topic } from '../suite/suite.ts'
import { killedReads } from './killed-reads.ts'

const ROWS = 60_000

const countOf = async (store: Store<any>): Promise<unknown> =>
  (await sql<{ n: number }>`select count(*) as n, max(part) as part from big`.execute(store.db)).rows[0]

export const longStatements: Topic = (suite) => {
  const { harness, describe, expect, expectCode, test } = suite
  const { capabilities } = harness

  if (capabilities.cancellation === 'process') killedReads(suite)
  else if (capabilities.cancellation !== false) {
    test('a statement over its timeout is TIMEOUT, and the engine goes on', async ({ openWith }) => {
      const store = await openWith(['person'])
      const error = await expectCode(sql.raw(ENDLESS_READ.sqlite).execute(store.withTimeout(60)), 'TIMEOUT')
      expect(error.retryable).toBe(false)
      await store.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      expect((await store.close()).clean).toBe(true)
    })

    test('in a transaction that ends the transaction', async ({ openWith }) => {
      const store = await openWith(['person'], { timeouts: { defaultMs: 60 } })
      const outcome = store.transaction(async (tx) => {
        await tx.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
        await expectCode(sql.raw(ENDLESS_READ.sqlite).execute(tx), 'TIMEOUT')
        await expectCode(tx.selectFrom('person').selectAll().execute(), 'TIMEOUT')
      })
      await expectCode(outcome, 'TIMEOUT')
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
    })
  }

  if (!capabilities.workers) {
    test("executor: 'worker' is UNSUPPORTED, and the work does not begin", async ({ openWith }) => {
      const store = await openWith(['person'])
      let begun = false
      const work = async (): Promise<void> => {
        begun = true
      }
      await expectCode(store.transaction(work, { executor: 'worker' }), 'UNSUPPORTED')
      expect(begun).toBe(false)
      if (capabilities.cancellation !== 'process') expect(store.stats().engine.workers).toBe(undefined)
    })
    return
  }

  for (const [kind, text] of Object.entries(LONG_STATEMENTS)) {
    test(`${kind}, aborted half way, is ABORTED; another process gets the write lock`, async ({ open, probe }) => {
      const store = await open<any>()
      await createBigTable(store, ROWS)
      const before = await countOf(store)
      const [controller, reason] = [new AbortController(), new Error('enough')]
      const running = sql.raw(text).execute(store.db, { signal: controller.signal })
      await onWorker(store, running)
      controller.abort(reason)
      expect((await expectCode(running, 'ABORTED')).cause).toBe(reason)
      await probe('insert into big (part, label) values (0, 0)')
      await probe('delete from big where label = 0')
      expect(await countOf(store)).toEqual(before)
      expect(store.stats().engine.workers?.leased).toBe(0)
    })
  }

  test('an abort that comes before the worker has begun stops it all the same', async ({ open }) => {
    const store = await open<any>()
    const endless = sql.raw(ENDLESS_READ.sqlite)
    await expectCode(endless.execute(store.withTimeout(100)), 'TIMEOUT')
    for (let delay = 0; delay < 10; delay++) {
      const controller = new AbortController()
      const before = store.stats().engine.executors.worker
      const running = track(endless.execute(store.db, { signal: controller.signal }))
      await soon(() => store.stats().engine.executors.worker !== before)
      await microtasks(delay)
      controller.abort()
      await expectCode(running.promise, 'ABORTED')
    }
  })

  test('without a signal the loop goes on turning, and close() stops it', async ({ open }) => {
    const store = await open<any>()
    const running = track(sql.raw(ENDLESS_READ.sqlite).execute(store.withTimeout(false)))
    await onWorker(store, running.promise)
    await turns(20)
    expect(running.settled).toBe(false)
    const report = await store.close({ drainMs: 0, maintenanceOnClose: false })
    expect(report.abandoned).toBe(1)
    await expectCode(running.promise, 'CLOSED')
  })

  test('one that was long goes to a worker at once, until it is short', async ({ open }) => {
    const store = await open<any>()
    const query = (limit: number): Promise<unknown> =>
      sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${limit}) select count(*) as n from n`
        .execute(store.withTimeout(false))
        .then(({ rows }) => rows)
    expect(await query(2_000_000)).toEqual([{ n: 2_000_000 }])
    const { inline } = store.stats().engine.executors
    expect(await query(5)).toEqual([{ n: 5 }])
    expect(store.stats().engine.executors).toMatchObject({ inline, worker: 2 })
    expect(await query(5)).toEqual([{ n: 5 }])
    expect(store.stats().engine.executors).toMatchObject({ inline: (inline ?? 0) + 1, worker: 2 })
  })

  test('a write that moves keeps its place before the writes behind it', async ({ open }) => {
    const store = await open<any>()
    await createBigTable(store, ROWS)
    const db = store.withTimeout(false)
    const next = sql`update big set part = part + 1 where id = 1`
    const count = (limit: number): Promise<unknown> =>
      sql`update big set part = (
        with recursive n(i) as (select 1 union all select i + 1 from n where i < ${limit}) select count(*) from n
      ) where id = 1`.execute(db)
    // Known to the writer, so that both begin at once.
    await Promise.all([count(1), next.execute(db)])
    await Promise.all([count(400_000), next.execute(db)])
    expect((await sql`select part from big where id = 1`.execute(db)).rows).toEqual([{ part: 400_001 }])
  })

  describe('streams', () => {
    test('with a signal: every row, in order, and none of it on the caller’s thread', async ({ open }) => {
      const store = await open<any>()
      await createBigTable(store, ROWS)
      store.resetStats()
      let expected = 0
      const { signal } = new AbortController()
      for await (const { id } of store.db.selectFrom('big').select('id').orderBy('id').stream({ signal })) {
        expected++
        if (id !== expected) throw new Error(`row ${expected} is ${id}`)
      }
      expect(expected).toBe(ROWS)
      expect(store.stats().engine.executors).toMatchObject({ inline: 0, worker: 1 })
      expect(store.stats().engine.workers?.leased).toBe(0)
    })

    test('one that is left early, and one that is aborted, give their worker back', async ({ open }) => {
      const store = await open<any>()
      await createBigTable(store, ROWS)
      for await (const _ of store.db.selectFrom('big').selectAll().stream({ signal: new AbortController().signal }))
        break
      expect(store.stats().engine.workers?.leased).toBe(0)
      const controller = new AbortController()
      const rows = store.db.selectFrom('big').selectAll().stream({ signal: controller.signal })
      await rows.next()
      controller.abort()
      await expectCode(
        (async () => {
          for await (const _ of rows);
        })(),
        'ABORTED',
      )
      expect(store.stats().engine.workers?.leased).toBe(0)
      expect(store.stats().inFlight).toBe(0)
    })

    test('one that does not come to its first row is stopped by its signal', async ({ open }) => {
      const store = await open<any>()
      const controller = new AbortController()
      const endless = sql.raw<{ n: number }>(`(${ENDLESS_READ.sqlite})`).as<'endless'>('endless')
      const query = store.db.selectFrom(endless).selectAll()
      const next = query.stream({ signal: controller.signal }).next()
      await onWorker(store, next)
      controller.abort()
      await expectCode(next, 'ABORTED')
    })
  })
}
