/** Streams: complete, abandoned, failing, several at a time, aborted, past a close. Not: what goes on beside one. */
import { sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const COUNT = 500
const PEOPLE = Array.from({ length: COUNT }, (_, index) => ({ id: index + 1, name: `p${index + 1}`, age: index }))

export const stream: Topic = ({ expect, expectCode, test }) => {
  test('gives every row once, in order', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(PEOPLE).execute()
    const rows: unknown[] = []
    for await (const row of db.selectFrom('person').selectAll().orderBy('id').stream()) rows.push(row)
    expect(rows).toEqual(PEOPLE)
    for await (const _ of db.selectFrom('person').selectAll().where('id', '<', 0).stream()) throw new Error('a row')
  })

  test('a chunk size changes nothing about the rows', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(PEOPLE).execute()
    for (const chunkSize of [1, 7, 500, 10_000]) {
      let count = 0
      for await (const row of db.selectFrom('person').select('id').orderBy('id').stream(chunkSize)) {
        count++
        if (row.id !== count) throw new Error(`row ${row.id} came as number ${count}`)
      }
      expect(count).toBe(COUNT)
    }
  })

  test('rows of any order come once each, also when a large integer turns up in the middle', async ({ openWith }) => {
    const { db } = await openWith(['sample'])
    const samples = Array.from({ length: COUNT }, (_, id) => ({
      id,
      count: id % 100 === 99 ? 2n ** 53n + BigInt(id) : id,
    }))
    await db.insertInto('sample').values(samples).execute()
    for (let time = 0; time < 3; time++) {
      const rows: { id: number; count: unknown }[] = []
      for await (const row of db.selectFrom('sample').select(['id', 'count']).orderBy(sql`random()`).stream(10))
        rows.push(row)
      expect(rows.sort((a, b) => a.id - b.id)).toEqual(samples)
    }
  })

  test('rows that are changed behind it come as they were, also when a large integer turns up in the middle', async ({
    openWith,
  }) => {
    const store = await openWith(['sample'])
    const samples = Array.from({ length: COUNT }, (_, id) => ({ id, count: id === COUNT - 1 ? 2n ** 53n + 1n : id }))
    await store.db.insertInto('sample').values(samples).execute()
    const rows: unknown[] = []
    await store.transaction(async (tx) => {
      for await (const row of tx.selectFrom('sample').select(['id', 'count']).orderBy('id').stream(10)) {
        rows.push(row)
        await tx.deleteFrom('sample').where('id', '=', row.id).execute()
      }
    })
    expect(rows).toEqual(samples)
    expect(await store.db.selectFrom('sample').selectAll().execute()).toEqual([])
  })

  test('leaving the loop early, or by an error, gives its connection back', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.db.insertInto('person').values(PEOPLE).execute()
    for (let time = 0; time < 20; time++) {
      for await (const _ of store.db.selectFrom('person').selectAll().stream()) break
      const failing = async (): Promise<void> => {
        for await (const _ of store.db.selectFrom('person').selectAll().stream()) throw new Error('mine')
      }
      expect(await rejectionOf(failing())).toMatchObject({ message: 'mine' })
    }
    expect(store.stats().inFlight).toBe(0)
    await store.db.deleteFrom('person').execute()
    expect((await store.close()).clean).toBe(true)
  })

  test('more streams at a time than there are readers take turns', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(PEOPLE).execute()
    const counts = await Promise.all(
      Array.from({ length: 12 }, async () => {
        let count = 0
        for await (const _ of db.selectFrom('person').selectAll().stream(50)) {
          count++
          if (count % 100 === 0) await turns(1)
        }
        return count
      }),
    )
    expect(counts).toEqual(Array.from({ length: 12 }, () => COUNT))
  })

  test('an error in it has its code', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await expectCode(
      db
        .selectFrom('nowhere' as 'person')
        .selectAll()
        .stream()
        .next(),
      'SYNTAX',
    )
    expect(await db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  test('one that was never begun holds nothing', async ({ openWith }) => {
    const store = await openWith(['person'])
    store.db.selectFrom('person').selectAll().stream()
    expect(store.stats().inFlight).toBe(0)
    expect((await store.close()).clean).toBe(true)
  })

  test('past the drain of close() it ends with CLOSED', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    await store.db.insertInto('person').values(PEOPLE).execute()
    const rows = store.db.selectFrom('person').selectAll().stream(1)
    await rows.next()
    const closing = store.close({ drainMs: 77, maintenanceOnClose: false })
    await clock.timerSet(77)
    clock.advance(77)
    expect(await closing).toMatchObject({ clean: false, abandoned: 1 })
    await expectCode(drain(rows), 'CLOSED')
  })

  test('an abort between rows ends it with ABORTED and frees its connection', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.db.insertInto('person').values(PEOPLE).execute()
    const controller = new AbortController()
    const reason = new Error('enough')
    const rows = store.db.selectFrom('person').selectAll().stream({ chunkSize: 1, signal: controller.signal })
    await rows.next()
    controller.abort(reason)
    expect((await expectCode(drain(rows), 'ABORTED')).cause).toBe(reason)
    expect(store.stats().inFlight).toBe(0)
    await store.db.deleteFrom('person').execute()
  })

  test('a stream that waits between rows does not hold up close() for ever', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.db.insertInto('person').values(PEOPLE).execute()
    const proceed = createGate()
    const reading = (async () => {
      let count = 0
      for await (const _ of store.db.selectFrom('person').selectAll().stream()) {
        if (count++ === 0) await proceed.opened
      }
      return count
    })()
    await turns()
    const closing = store.close()
    proceed.open()
    expect(await reading).toBe(COUNT)
    expect((await closing).clean).toBe(true)
  })
}

async function drain(rows: AsyncIterableIterator<unknown>): Promise<void> {
  for (;;) if ((await rows.next()).done === true) return
}
