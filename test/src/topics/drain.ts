/** What `close()` does with work that is under way: waits for it, aborts it past the drain, and rolls it back. */
import type { Store } from '@upkeep/core'
import { createGate, track, turns } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: 1 }
const BOB = { id: 2, name: 'bob', age: 2 }

/** What holds a store open, each giving the function that reads once more and lets go. */
const HOLDERS: Readonly<Record<string, (store: Store<TestSchema>) => Promise<() => Promise<unknown>>>> = {
  'an open stream': async (store) => {
    const stream = store.db.selectFrom('person').selectAll().orderBy('id').stream()
    await stream.next()
    return async () => {
      const { value } = await stream.next()
      await stream.return?.()
      return value
    }
  },
  'a leased connection': async (store) => {
    const leased = createGate()
    const finish = createGate()
    const row = store.withConnection(async ({ db }) => {
      leased.open()
      await finish.opened
      return db.selectFrom('person').selectAll().where('id', '=', 2).executeTakeFirst()
    })
    await leased.opened
    // It may have failed before anybody asks for it.
    row.catch(() => undefined)
    return () => {
      finish.open()
      return row
    }
  },
  'a controlled transaction': async (store) => {
    const tx = await store.db.startTransaction().execute()
    return async () => {
      const row = await tx.selectFrom('person').selectAll().where('id', '=', 2).executeTakeFirst()
      await tx.commit().execute()
      return row
    }
  },
}

export const drain: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness

  test('waits for a running transaction, which commits', async ({ open, openWith }) => {
    const store = await openWith(['person'])
    const started = createGate()
    const finish = createGate()
    const running = store.transaction(async (tx) => {
      started.open()
      await finish.opened
      await tx.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      return 'committed'
    })
    await started.opened
    const closing = track(store.close())
    await turns()
    expect(closing.settled).toBe(false)
    finish.open()
    expect(await running).toBe('committed')
    expect(await closing.promise).toMatchObject({ clean: true, abandoned: 0 })
    if (!capabilities.persistent) return
    const again = await open()
    expect((await again.db.selectFrom('person').select('id').execute()).length).toBe(1)
  })

  for (const [name, hold] of Object.entries(HOLDERS)) {
    test(`waits for ${name}`, async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.db.insertInto('person').values([ANN, BOB]).execute()
      const finish = await hold(store)
      const closing = track(store.close())
      await turns()
      expect(closing.settled).toBe(false)
      expect(await finish()).toEqual(BOB)
      expect((await closing.promise).clean).toBe(true)
    })
  }

  for (const [name, hold] of Object.entries(HOLDERS)) {
    test(`past drainMs it takes back ${name}, whose next step is CLOSED`, async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      await store.db.insertInto('person').values([ANN, BOB]).execute()
      const finish = await hold(store)
      const closing = store.close({ drainMs: 77, maintenanceOnClose: false })
      await clock.timerSet(77)
      clock.advance(77)
      expect(await closing).toMatchObject({ clean: false, abandoned: 1 })
      expect(await rejectionOf(finish())).toMatchObject({ code: 'CLOSED' })
    })
  }

  test('work that was accepted before close() gets its answer', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const accepted = Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.db
          .insertInto('counter')
          .values({ id: index + 2, value: index })
          .execute(),
      ),
    )
    const closing = store.close()
    await accepted
    expect((await closing).clean).toBe(true)
  })

  test('past drainMs what is running is aborted and rolled back, and the report says how many', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const started = createGate()
    const never = createGate()
    const running = store.transaction(async (tx) => {
      await tx.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
      started.open()
      await never.opened
    })
    const outcome = rejectionOf(running)
    await started.opened
    const closing = track(store.close({ drainMs: 1234, maintenanceOnClose: false }))
    await clock.timerSet(1234)
    clock.advance(1233)
    await turns()
    expect(closing.settled).toBe(false)
    clock.advance(1)
    const report = await closing.promise
    expect(report).toMatchObject({ clean: false, abandoned: 1 })
    expect(await outcome).toMatchObject({ code: 'CLOSED' })
    expect(store.status).toBe('closed')
    if (!capabilities.persistent) return
    const again = await t.open()
    expect(await again.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  test('an aborted signal shortens the drain and releases all the same', async ({ openWith }) => {
    const store = await openWith(['person'])
    const started = createGate()
    const never = createGate()
    const outcome = rejectionOf(
      store.transaction(async () => {
        started.open()
        await never.opened
      }),
    )
    await started.opened
    const controller = new AbortController()
    const closing = store.close({ signal: controller.signal })
    controller.abort(new Error('hurry'))
    expect(await closing).toMatchObject({ clean: false, abandoned: 1 })
    expect(await outcome).toMatchObject({ code: 'CLOSED' })
    expect(store.status).toBe('closed')
  })

  test('maintenance that is running is aborted first', async ({ openWith }) => {
    const store = await openWith(['person'])
    const begun = createGate()
    const proceed = createGate()
    const running = rejectionOf(
      store.maintenance({
        onBegin: async () => {
          begun.open()
          await proceed.opened
        },
      }),
    )
    await begun.opened
    const closing = store.close()
    proceed.open()
    expect(await running).toMatchObject({ code: 'CLOSED' })
    await closing
    expect(store.status).toBe('closed')
  })
}
