/** Part of `longStatements`, for where a statement is stopped by killing the process that reads: reads with a signal. */
import { sql } from 'kysely'
import { track, turns } from '../suite/gate.ts'
import { createBigTable, ENDLESS_READ, LONG_STATEMENTS, onWorker } from '../suite/long-work.ts'
import type { Topic } from '../suite/suite.ts'

const ROWS = 20_000
const READS = ['an endless common table expression', 'a cross join'] as const

export const killedReads: Topic = ({ expect, expectCode, test }) => {
  for (const kind of READS) {
    test(`${kind}, aborted half way, is ABORTED; its worker has gone, and the next read works`, async ({ open }) => {
      const store = await open<any>()
      await createBigTable(store, ROWS)
      const [controller, reason] = [new AbortController(), new Error('enough')]
      const text = LONG_STATEMENTS[kind] ?? ''
      const running = sql.raw(text).execute(store.db, { signal: controller.signal })
      await onWorker(store, running)
      controller.abort(reason)
      expect((await expectCode(running, 'ABORTED')).cause).toBe(reason)
      expect(store.stats().engine.workers?.leased).toBe(0)
      const { signal } = new AbortController()
      expect((await sql`select count(*) as n from big`.execute(store.db, { signal })).rows).toEqual([{ n: ROWS }])
      expect((await store.close()).clean).toBe(true)
    })
  }

  test('close() past its drain stops it', async ({ open }) => {
    const store = await open<any>()
    const { signal } = new AbortController()
    const running = track(sql.raw(ENDLESS_READ.sqlite).execute(store.withTimeout(false), { signal }))
    await onWorker(store, running.promise)
    await turns(20)
    expect(running.settled).toBe(false)
    const report = await store.close({ drainMs: 0, maintenanceOnClose: false })
    expect(report.abandoned).toBe(1)
    await expectCode(running.promise, 'CLOSED')
  })

  test('its timeout stops it too', async ({ open }) => {
    const store = await open<any>()
    const { signal } = new AbortController()
    // From here on there is a process: one that is still starting is given back when it has started.
    await sql`select 1`.execute(store.db, { signal })
    await expectCode(sql.raw(ENDLESS_READ.sqlite).execute(store.withTimeout(60), { signal }), 'TIMEOUT')
    expect(store.stats().engine.workers?.leased).toBe(0)
  })

  test('without a signal it stays on the caller’s thread, and so does whatever writes', async ({ openWith }) => {
    const store = await openWith(['person'])
    store.resetStats()
    const { signal } = new AbortController()
    await store.db.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute({ signal })
    await store.transaction((tx) => tx.deleteFrom('person').execute(), { signal })
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
    expect(store.stats().engine.executors.worker).toBe(0)
  })

  test('a stream with a signal: every row in order, and its abort ends it', async ({ open }) => {
    const store = await open<any>()
    await createBigTable(store, ROWS)
    const controller = new AbortController()
    const query = store.db.selectFrom('big').select('id').orderBy('id')
    let expected = 0
    for await (const { id } of query.stream({ signal: controller.signal })) {
      expected++
      if (id !== expected) throw new Error(`row ${expected} is ${id}`)
    }
    expect(expected).toBe(ROWS)
    const rows = query.stream({ signal: controller.signal })
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
}
