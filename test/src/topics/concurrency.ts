/**
 * What runs beside what in one store: the order of writes, reads beside a write, transactions that queue. Not:
 * streams, the store inside its own transaction, several stores.
 */
import { sql } from 'kysely'
import { createGate, track, turns } from '../suite/gate.ts'
import { incrementByReading, readCounter } from '../suite/increment.ts'
import type { Topic } from '../suite/suite.ts'

export const concurrency: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness

  if (capabilities.concurrentWrites) {
    test('writes that were given at once run beside each other, and all of them happen', async ({ openWith }) => {
      const store = await openWith(['counter', 'person'])
      const written = createGate()
      const finish = createGate()
      const holding = store.transaction(async (tx) => {
        await tx.insertInto('person').values({ id: 1, name: 'ann', age: null }).execute()
        written.open()
        await finish.opened
      })
      await written.opened
      const add = (index: number) =>
        store.db
          .updateTable('counter')
          .set({ value: sql`value + ${index}` })
          .execute()
      await Promise.all(Array.from({ length: 40 }, (_, index) => add(index)))
      expect(await readCounter(store.db)).toBe(780)
      finish.open()
      await holding
    })
  } else {
    test('writes run in the order they were given', async ({ openWith }) => {
      const { db } = await openWith(['counter'])
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          db
            .updateTable('counter')
            .set({ value: sql`value * 3 % 1000003 + ${index}` })
            .where('id', '=', 1)
            .execute(),
        ),
      )
      let expected = 0
      for (let index = 0; index < 40; index++) expected = ((expected * 3) % 1_000_003) + index
      expect(await readCounter(db)).toBe(expected)
    })

    test('a write sees the writes before it, without being awaited', async ({ openWith }) => {
      const { db } = await openWith(['counter'])
      const write = db.updateTable('counter').set({ value: 5 }).execute()
      const seen = db.updateTable('counter').set({ value: sql`value + 1` }).returning('value').executeTakeFirst()
      await write
      expect(await seen).toEqual({ value: 6 })
    })
  }

  test('an awaited write is seen by the next read', async ({ openWith }) => {
    const { db } = await openWith(['counter'])
    for (let value = 1; value <= 20; value++) {
      await db.updateTable('counter').set({ value }).execute()
      expect(await readCounter(db)).toBe(value)
    }
  })

  test('transactions of one store that read before they write lose no update', async ({ openWith }) => {
    const store = await openWith(['counter'])
    await Promise.all(Array.from({ length: 20 }, () => incrementByReading(store)))
    expect(await readCounter(store.db)).toBe(20)
  })

  test('a transaction waits for the one before it and begins from what that one left', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const begun = createGate()
    const finish = createGate()
    const first = store.transaction(async (tx) => {
      await tx.updateTable('counter').set({ value: 10 }).execute()
      begun.open()
      await finish.opened
    })
    await begun.opened
    const second = track(incrementByReading(store))
    await turns()
    expect(second.settled).toBe(false)
    finish.open()
    await first
    await second.promise
    expect(await readCounter(store.db)).toBe(11)
  })

  if (capabilities.concurrentReads) {
    test('a read beside an open write transaction sees the state before, at once', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const written = createGate()
      const finish = createGate()
      const writing = store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 1 }).execute()
        written.open()
        await finish.opened
      })
      await written.opened
      expect(await readCounter(store.db)).toBe(0)
      expect(await store.transaction((tx) => readCounter(tx), { accessMode: 'read only' })).toBe(0)
      finish.open()
      await writing
      expect(await readCounter(store.db)).toBe(1)
    })
  } else {
    test('a read beside an open write transaction waits for its end', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const written = createGate()
      const finish = createGate()
      const writing = store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 1 }).execute()
        written.open()
        await finish.opened
      })
      await written.opened
      const reading = track(readCounter(store.db))
      await turns()
      expect(reading.settled).toBe(false)
      finish.open()
      await writing
      expect(await reading.promise).toBe(1)
    })
  }

  test('a connection that only reads holds up nobody; its first write takes its turn', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const leased = createGate()
    const proceed = createGate()
    const work = store.db.connection().execute(async (db) => {
      const before = await readCounter(db)
      leased.open()
      await proceed.opened
      await db.updateTable('counter').set({ value: sql`value + 1` }).execute()
      return [before, await readCounter(db)]
    })
    await leased.opened
    if (capabilities.concurrentReads) await store.db.updateTable('counter').set({ value: 100 }).execute()
    proceed.open()
    expect(await work).toEqual(capabilities.concurrentReads ? [0, 101] : [0, 1])
  })
}
