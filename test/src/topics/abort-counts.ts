/** What `stats()` counts where a signal or a deadline ends something: each once, whatever it was made of. */
import type { Store } from '@upkeep/core'
import type { Kysely } from 'kysely'
import { createGate, track, turns } from '../suite/gate.ts'
import { holdCounter, increment } from '../suite/slow-statements.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

export const abortCounts: Topic = ({ expect, expectCode, test }) => {
  test('a statement that its signal ends is one', async (t) => {
    const store = await t.openWith(['counter'])
    store.resetStats()
    const release = await holdCounter(store)
    const controller = new AbortController()
    const waiting = track(store.db.updateTable('counter').set({ value: 5 }).execute({ signal: controller.signal }))
    await t.untilWaiting()
    controller.abort()
    await expectCode(waiting.promise, 'ABORTED')
    await release()
    expect(store.stats()).toMatchObject({ abortCount: 1, errorCount: { ABORTED: 1 }, latency: { count: 2 } })
  })

  for (const [name, begin] of [
    ['store.transaction', (store, signal) => store.transaction((tx) => increment(tx), { signal })],
    ['withConnection', (store, signal) => store.withConnection(({ db }) => increment(db), { signal })],
  ] as readonly [string, (store: Store<TestSchema>, signal: AbortSignal) => Promise<unknown>][]) {
    test(`${name} that its signal ends is one, also while it waits to begin`, async ({ openWith }) => {
      const store = await openWith(['counter'])
      const release = await holdCounter(store)
      store.resetStats()
      const controller = new AbortController()
      const waiting = track(begin(store, controller.signal))
      await turns()
      controller.abort()
      await expectCode(waiting.promise, 'ABORTED')
      await release()
      expect(store.stats()).toMatchObject({ abortCount: 1, errorCount: { ABORTED: 1 } })
    })
  }

  test('a transaction that its signal or its deadline ends is one', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['counter'], { clock })
    store.resetStats()
    const controller = new AbortController()
    const begun = createGate()
    const never = createGate()
    const work = async (): Promise<void> => {
      begun.open()
      await never.opened
    }
    const aborted = track(store.transaction(work, { signal: controller.signal }))
    await begun.opened
    controller.abort()
    await expectCode(aborted.promise, 'ABORTED')
    const late = track(store.transaction(() => never.opened, { timeoutMs: 40 }))
    await clock.timerSet(40)
    clock.advance(40)
    await expectCode(late.promise, 'TIMEOUT')
    never.open()
    expect(store.stats()).toMatchObject({ abortCount: 2, errorCount: { ABORTED: 1, TIMEOUT: 1 } })
  })

  for (const [name, begin] of [
    ['store.transaction', (store, work, signal) => store.transaction(work, { signal })],
    ['withConnection', (store, work, signal) => store.withConnection(({ db }) => work(db), { signal })],
    [
      'store.migrate',
      (store, up, signal) => store.migrate({ getMigrations: async () => ({ one: { up } }) }, { signal }),
    ],
  ] as readonly [
    string,
    (store: Store<TestSchema>, work: (db: Kysely<any>) => Promise<void>, signal: AbortSignal) => Promise<unknown>,
  ][]) {
    test(`${name} that its signal ends is one, whatever its work goes on to ask`, async ({ openWith }) => {
      const store = await openWith(['counter'])
      store.resetStats()
      const controller = new AbortController()
      const over = createGate()
      const work = async (db: Kysely<any>): Promise<void> => {
        controller.abort()
        await rejectionOf(increment(db))
        await rejectionOf(increment(db))
        over.open()
      }
      await expectCode(begin(store, work, controller.signal), 'ABORTED')
      await over.opened
      expect(store.stats()).toMatchObject({ abortCount: 1, errorCount: { ABORTED: 1 } })
    })
  }
}
