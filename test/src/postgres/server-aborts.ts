/**
 * An abort seen from outside: the server has stopped, the connection is as good as new, and nobody else was hit. Not:
 * what an abort does to a transaction, which is the same on every backend.
 */
import { sql } from 'kysely'
import { createGate, track, turns } from '../suite/gate.ts'
import { rejectionOf, type Scenario, type Topic } from '../suite/suite.ts'

/** Statements that would not end within a test. */
const ENDLESS = {
  pg_sleep: sql`select pg_sleep(3600)`,
  'an endless CTE': sql`with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n`,
  'a write': sql`update counter set value = value + 1 from pg_sleep(3600)`,
} as const

/** Sessions on this database that the probe is none of. */
const OTHERS = `from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

const countOf = async ({ probe }: Scenario, condition: string): Promise<number> =>
  (await probe(`select pid ${OTHERS} and ${condition}`)).length

async function untilCount(t: Scenario, condition: string, count: number): Promise<void> {
  while ((await countOf(t, condition)) !== count) await turns(1)
}

export const serverAborts: Topic = ({ describe, expect, expectCode, test }) => {
  for (const [name, query] of Object.entries(ENDLESS)) {
    test(`${name} that is aborted has stopped in the server when that is told`, async (t) => {
      const store = await t.openWith(['counter'])
      const db = store.withTimeout(false)
      const controller = new AbortController()
      const running = rejectionOf(query.execute(db, { signal: controller.signal }))
      await untilCount(t, `state = 'active'`, 1)
      controller.abort(new Error('enough'))
      expect(await running).toMatchObject({ code: 'ABORTED' })
      expect(await countOf(t, `state = 'active'`)).toBe(0)
      expect((await db.selectFrom('counter').select('value').execute())[0]?.value).toBe(0)
    })
  }

  test('a wait for a lock of another session ends, and takes no place in its queue', async (t) => {
    const store = await t.openWith(['counter'])
    const written = createGate()
    const finish = createGate()
    const holding = store.transaction(async (tx) => {
      await tx.updateTable('counter').set({ value: 1 }).execute()
      written.open()
      await finish.opened
    })
    await written.opened
    const controller = new AbortController()
    const waiting = track(store.db.updateTable('counter').set({ value: 2 }).execute({ signal: controller.signal }))
    await t.untilWaiting()
    controller.abort()
    await expectCode(waiting.promise, 'ABORTED')
    expect(await countOf(t, `wait_event_type = 'Lock'`)).toBe(0)
    finish.open()
    await holding
    expect((await store.db.selectFrom('counter').select('value').execute())[0]?.value).toBe(1)
  })

  test('a stream that is aborted within a chunk leaves no transaction open', async (t) => {
    const store = await t.openWith(['counter'])
    const controller = new AbortController()
    const rows = sql<{ i: number }>`select i, pg_sleep(case when i > 100 then 3600 else 0 end)
      from generate_series(1, 1000) as i`.compile(store.db)
    const stream = store
      .withTimeout(false)
      .getExecutor()
      .stream<{ i: number }>(rows, 100, { signal: controller.signal })
    await stream.next()
    const next = rejectionOf(stream.next())
    await untilCount(t, `state = 'active'`, 1)
    controller.abort()
    expect(await next).toMatchObject({ code: 'ABORTED' })
    expect(await countOf(t, `state <> 'idle'`)).toBe(0)
  })

  test('an aborted transaction leaves no connection in it: the next ones work, and none is open', async (t) => {
    const store = await t.openWith(['counter'])
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController()
      const outcome = store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 7 }).execute()
        const running = rejectionOf(sql`select pg_sleep(3600)`.execute(tx, { signal: controller.signal }))
        await turns()
        controller.abort()
        expect(await running).toMatchObject({ code: 'ABORTED' })
      })
      await expectCode(outcome, 'ABORTED')
      expect(await countOf(t, `state like 'idle in transaction%'`)).toBe(0)
      expect((await store.db.selectFrom('counter').select('value').execute())[0]?.value).toBe(0)
    }
  })

  test('a connection that was left amid a transaction of its own is nobody else’s', async (t) => {
    const store = await t.openWith(['counter'])
    for (let round = 0; round < 3; round++) {
      const controller = new AbortController()
      const leaving = store.db.connection().execute(async (db) => {
        await sql`begin`.execute(db)
        await db.updateTable('counter').set({ value: 7 }).execute()
        const running = rejectionOf(sql`select pg_sleep(3600)`.execute(db, { signal: controller.signal }))
        await turns()
        controller.abort()
        expect(await running).toMatchObject({ code: 'ABORTED' })
      })
      await rejectionOf(leaving)
      await store.db
        .insertInto('counter')
        .values({ id: round + 2, value: 1 })
        .execute()
      expect(await t.probe(`select id from counter where id = ${round + 2}`)).toEqual([{ id: round + 2 }])
      await untilCount(t, `state like 'idle in transaction%'`, 0)
    }
  })

  describe('abort after abort', () => {
    test('none hits the statement that comes next, nor those beside', async (t) => {
      const store = await t.openWith(['counter'])
      const db = store.withTimeout(false)
      const over = createGate()
      let besideCount = 0
      const beside = (async () => {
        for (; !over.isOpen; besideCount++) await sql`select pg_sleep(0.001)`.execute(db)
      })()
      for (let round = 0; round < 40; round++) {
        const controller = new AbortController()
        const running = rejectionOf(sql`select pg_sleep(3600)`.execute(db, { signal: controller.signal }))
        await turns(round % 4)
        controller.abort()
        expect(await running).toMatchObject({ code: 'ABORTED' })
        // At once, on the connection that has just been stopped.
        await sql`select pg_sleep(0.005)`.execute(db)
      }
      over.open()
      await beside
      expect(besideCount > 0).toBe(true)
      expect(store.stats().errorCount).toEqual({ ABORTED: 40 })
    })
  })
}
