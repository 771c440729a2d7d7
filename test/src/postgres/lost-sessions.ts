/** Sessions that an administrator ends: what is told of what they were doing, and that the store goes on. */
import { sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { rejectionOf, type Scenario, type Topic } from '../suite/suite.ts'

const OTHERS = `from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

/** Ends every session on the database, and waits until they are gone. */
async function terminateAll({ probe }: Scenario): Promise<void> {
  await probe(`select pg_terminate_backend(pid) ${OTHERS}`)
  while ((await probe(`select pid ${OTHERS}`)).length > 0) await turns(1)
}

export const lostSessions: Topic = ({ expect, expectCode, test }) => {
  test('those that did nothing: nobody hears of it', async (t) => {
    const store = await t.openWith(['counter'])
    await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.01)`.execute(store.db)))
    await terminateAll(t)
    await turns()
    for (let time = 0; time < 5; time++) await store.db.updateTable('counter').set({ value: time }).execute()
    expect(store.stats().errorCount).toEqual({})
    expect((await store.close()).clean).toBe(true)
  })

  test('one with a statement is CONNECTION, and nothing of it has happened', async (t) => {
    const store = await t.openWith(['counter'])
    const running = rejectionOf(sql`update counter set value = 9 from pg_sleep(3600)`.execute(store.withTimeout(false)))
    while ((await t.probe(`select pid ${OTHERS} and state = 'active'`)).length === 0) await turns(1)
    await terminateAll(t)
    expect(await running).toMatchObject({ code: 'CONNECTION' })
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 0 }])
  })

  test('one amid its COMMIT is OUTCOME_UNKNOWN', async (t) => {
    const store = await t.openWith(['counter'])
    await t.probe(`create function wait() returns trigger language plpgsql as
      $$ begin perform pg_sleep(3600); return null; end $$`)
    await t.probe(`create constraint trigger slow after update on counter deferrable initially deferred
      for each row execute function wait()`)
    const committing = rejectionOf(store.transaction((tx) => tx.updateTable('counter').set({ value: 9 }).execute()))
    while ((await t.probe(`select pid ${OTHERS} and wait_event = 'PgSleep'`)).length === 0) await turns(1)
    await terminateAll(t)
    expect(await committing).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: false })
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 0 }])
  })

  test('one with a transaction: what comes next fails, the commit too, and nothing is stored', async (t) => {
    const store = await t.openWith(['counter'])
    const written = createGate()
    const ended = createGate()
    const outcome = store.transaction(async (tx) => {
      await tx.updateTable('counter').set({ value: 9 }).execute()
      written.open()
      await ended.opened
      await expectCode(tx.selectFrom('counter').selectAll().execute(), 'CONNECTION')
      await expectCode(tx.selectFrom('counter').selectAll().execute(), 'CONNECTION')
    })
    await written.opened
    await terminateAll(t)
    ended.open()
    await expectCode(outcome, 'CONNECTION')
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 0 }])
    expect(store.stats().inFlight).toBe(0)
  })
}
