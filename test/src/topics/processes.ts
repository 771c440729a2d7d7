/** Several stores and several processes on one database: what each sees, who waits, what a lock elsewhere does. */
import { isStoreError } from '@upkeep/core'
import { track, turns } from '../suite/gate.ts'
import { incrementByReading, readCounter } from '../suite/increment.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

export const processes: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness
  if (!capabilities.multiProcess) return

  describe('two stores on one database', () => {
    test('each sees what the other committed', async ({ open, openWith }) => {
      const one = await openWith(['counter'])
      const two = await open()
      for (let value = 1; value <= 10; value++) {
        const [writer, reader] = value % 2 === 0 ? [one, two] : [two, one]
        await writer.db.updateTable('counter').set({ value }).execute()
        expect(await readCounter(reader.db)).toBe(value)
      }
    })

    test('transactions that read before they write do not fail and lose no update', async ({ open, openWith }) => {
      const one = await openWith(['counter'])
      const two = await open()
      await Promise.all(Array.from({ length: 20 }, (_, index) => incrementByReading(index % 2 === 0 ? one : two)))
      expect(await readCounter(one.db)).toBe(20)
    })

    test('by Kysely’s own transactions those that commit lose no update, and the others say so', async (t) => {
      const one = await t.openWith(['counter'])
      const two = await t.open()
      const outcomes = await Promise.all(
        [one, two, one, two].map((store) =>
          rejectionOf(
            store.db
              .transaction()
              .setIsolationLevel('repeatable read')
              .execute(async (tx) => {
                const value = await readCounter(tx)
                await turns(2)
                await tx
                  .updateTable('counter')
                  .set({ value: value + 1 })
                  .execute()
              }),
          ),
        ),
      )
      const codes = outcomes.map((told) => (isStoreError(told) ? told.code : told))
      const lost = capabilities.concurrentWrites ? codes.filter((code) => code === 'SERIALIZATION').length : 0
      expect(codes.filter((code) => code === 'resolved').length).toBe(4 - lost)
      expect(await readCounter(one.db)).toBe(4 - lost)
    })

    test('closing one leaves the other in full working order', async ({ open, openWith, probe }) => {
      const one = await openWith(['counter'])
      const two = await open()
      await two.db.updateTable('counter').set({ value: 1 }).execute()
      await two.close()
      await one.db.updateTable('counter').set({ value: 2 }).execute()
      expect(await readCounter(one.db)).toBe(2)
      expect(await probe('select value from counter')).toEqual([{ value: 2 }])
    })
  })

  describe('two processes on one database', () => {
    test('transactions that read before they write lose no update', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      const there = other.call('increment', { times: 25 })
      for (let time = 0; time < 25; time++) await incrementByReading(store)
      await there
      expect(await readCounter(store.db)).toBe(50)
    })

    test('a write waits for a lock of the other process', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('hold', { access: 'write' })
      const waiting = track(store.db.updateTable('counter').set({ value: 7 }).execute())
      expect(await readCounter(store.db)).toBe(0)
      expect(waiting.settled).toBe(false)
      await other.call('release')
      await waiting.promise
      expect(await readCounter(store.db)).toBe(7)
    })

    test('with busyTimeoutMs 0 it is BUSY at once, retryable, and changed nothing', async ({
      client,
      open,
      openWith,
    }) => {
      await openWith(['counter'])
      const store = await open({ busyTimeoutMs: 0 })
      const other = await client()
      await other.call('hold', { access: 'write' })
      for (const attempt of [
        () => store.db.updateTable('counter').set({ value: 7 }).execute(),
        () => store.db.updateTable('counter').set({ value: 7 }).returning('value').execute(),
        () => store.transaction((tx) => tx.updateTable('counter').set({ value: 7 }).execute()),
        () => store.db.transaction().execute((tx) => tx.updateTable('counter').set({ value: 7 }).execute()),
        () => store.db.connection().execute((db) => db.updateTable('counter').set({ value: 7 }).execute()),
      ]) {
        const error = await expectCode(attempt(), 'BUSY')
        expect(error.retryable).toBe(true)
      }
      await other.call('release')
      expect(await readCounter(store.db)).toBe(0)
      await store.db.updateTable('counter').set({ value: 8 }).execute()
      expect(await readCounter(store.db)).toBe(8)
    })

    test('an abort ends the waiting for a lock of the other process', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('hold', { access: 'write' })
      const controller = new AbortController()
      const waiting = track(store.db.updateTable('counter').set({ value: 7 }).execute({ signal: controller.signal }))
      await turns()
      expect(waiting.settled).toBe(false)
      controller.abort(new Error('enough'))
      await expectCode(waiting.promise, 'ABORTED')
      await other.call('release')
      expect(await readCounter(store.db)).toBe(0)
    })

    test('what a killed process had not committed is not there, and its lock is free', async ({ client, openWith }) => {
      const store = await openWith(['counter'])
      const other = await client()
      await other.call('increment', { times: 3 })
      await other.call('hold', { access: 'write' })
      await other.kill()
      await incrementByReading(store)
      expect(await readCounter(store.db)).toBe(4)
    })
  })
}
