/** What goes on beside an open stream: reads that are fresh, writes, transactions; and the stream that sees its own state. */
import { track, turns } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'

const COUNT = 500
const PEOPLE = Array.from({ length: COUNT }, (_, index) => ({ id: index + 1, name: `p${index + 1}`, age: index }))

export const streamBeside: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness

  test('a loop over a stream may read and write through the store', async ({ openWith }) => {
    const { db } = await openWith(['person'])
    await db.insertInto('person').values(PEOPLE).execute()
    let count = 0
    for await (const { id } of db.selectFrom('person').select('id').orderBy('id').stream(10)) {
      count++
      if (id % 100 !== 0) continue
      await db.updateTable('person').set({ age: 5000 }).where('id', '=', id).execute()
      const { age } = await db.selectFrom('person').select('age').where('id', '=', id).executeTakeFirstOrThrow()
      expect(age).toBe(5000)
    }
    expect(count).toBe(COUNT)
  })

  if (capabilities.concurrentReads) {
    test('while one is open, writes go on, other reads see them, and the stream does not', async ({ openWith }) => {
      const { db } = await openWith(['person'])
      await db.insertInto('person').values(PEOPLE).execute()
      const rows = db.selectFrom('person').select('age').orderBy('id').stream(10)
      await rows.next()
      const youngest = async () =>
        (
          await db
            .selectFrom('person')
            .select((eb) => eb.fn.min('age').as('age'))
            .executeTakeFirstOrThrow()
        ).age
      for (const age of [1000, 2000]) {
        await db.updateTable('person').set({ age }).execute()
        expect(await youngest()).toBe(age)
      }
      const rest: unknown[] = []
      for await (const { age } of { [Symbol.asyncIterator]: () => rows }) rest.push(age)
      expect(rest).toEqual(PEOPLE.slice(1).map(({ age }) => age))
    })

    test('reads through the same statement beside an open stream are fresh', async ({ openWith }) => {
      const { db } = await openWith(['counter'])
      const query = db.selectFrom('counter').select('value').where('id', '=', 1)
      const open = query.stream()
      await open.next()
      for (let value = 1; value <= 5; value++) {
        await db.updateTable('counter').set({ value }).execute()
        expect(await query.executeTakeFirst()).toEqual({ value })
      }
      await open.return?.()
    })

    test('a write transaction goes on beside an open stream', async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.db.insertInto('person').values(PEOPLE).execute()
      const rows = store.db.selectFrom('person').selectAll().stream(10)
      await rows.next()
      await store.transaction((tx) => tx.deleteFrom('person').execute())
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
      await rows.return?.()
    })
  } else {
    test('a write beside an open one is either done or waits, and the stream stays whole', async ({ openWith }) => {
      const { db } = await openWith(['person'])
      await db.insertInto('person').values(PEOPLE).execute()
      const rows = db.selectFrom('person').select('age').orderBy('id').stream(10)
      await rows.next()
      const write = track(db.updateTable('person').set({ age: 1000 }).execute())
      await turns()
      const rest: unknown[] = []
      for await (const { age } of { [Symbol.asyncIterator]: () => rows }) rest.push(age)
      await write.promise
      expect(rest).toEqual(PEOPLE.slice(1).map(({ age }) => age))
      expect((await db.selectFrom('person').select('age').distinct().execute()).length).toBe(1)
    })
  }

  test('in a transaction it sees what the transaction wrote, and writes go on beside it', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(async (tx) => {
      await tx.insertInto('person').values(PEOPLE).execute()
      let count = 0
      for await (const { id } of tx.selectFrom('person').select('id').orderBy('id').stream(10)) {
        count++
        if (id % 100 === 0) await tx.updateTable('person').set({ age: -0 }).where('id', '=', id).execute()
      }
      expect(count).toBe(COUNT)
    })
    const changed = await store.db.selectFrom('person').select('id').where('age', '=', 0).execute()
    expect(changed.length).toBe(6)
  })

  test('on a connection of one’s own, writes go on beside it', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.db.insertInto('person').values(PEOPLE).execute()
    let count = 0
    await store.db.connection().execute(async (db) => {
      for await (const { id } of db.selectFrom('person').select('id').orderBy('id').stream(10)) {
        count++
        if (id % 100 === 0) await db.deleteFrom('person').where('id', '=', id).execute()
      }
    })
    expect(count).toBe(COUNT)
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(COUNT - 5)
  })

  test('a stream of what a write returns writes once', async ({ openWith }) => {
    const store = await openWith(['person'])
    const insert = async (db: typeof store.db, from: number): Promise<number> => {
      let count = 0
      const people = PEOPLE.slice(from, from + 50)
      for await (const { id } of db.insertInto('person').values(people).returning('id').stream(7)) if (id > 0) count++
      return count
    }
    expect(await insert(store.db, 0)).toBe(50)
    expect(await store.transaction((tx) => insert(tx, 50))).toBe(50)
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(100)
  })
}
