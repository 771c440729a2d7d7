/**
 * Streams that are too long to be kept in memory, left open while their connection must do something else: roll back,
 * be maintained, be replaced. What is told then is true, and no stream ends short in silence.
 */
import type { Store } from '@upkeep/core'
import { type Kysely, sql } from 'kysely'
import { fillPeople } from '../suite/fill-people.ts'
import { createGate, track, turns } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const COUNT = 150_000
const ANN = { id: 1, name: 'ann', age: null }
const BOB = { id: 2, name: 'bob', age: null }

type Rows = AsyncIterableIterator<{ i: number }>

/** So many rows out of nothing. */
const numbers = (count: number) =>
  sql<{ i: number }>`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)})
    select i from n)`.as('numbers')

/** Opens a stream and reads its first row. */
async function openStream(db: Kysely<TestSchema>, count = COUNT): Promise<Rows> {
  const rows = db.selectFrom(numbers(count)).selectAll().stream(10)
  await rows.next()
  return rows
}

/** How many rows come after the first, or the code of what it ends with. */
async function restOf(rows: Rows): Promise<unknown> {
  let count = 1
  const reading = async (): Promise<void> => {
    for await (const { i } of rows) if (i > 0) count++
  }
  const outcome = await rejectionOf(reading())
  return outcome === 'resolved' ? count : (outcome as { code?: unknown }).code
}

/** After how many pages a commit copies the log, on the connection that writes. */
const autocheckpoint = async (store: Store<TestSchema>): Promise<unknown> =>
  (await store.withConnection(({ db }) => sql`pragma wal_autocheckpoint`.execute(db))).rows

export const longStream: Topic = ({ harness, expect, test }) => {
  const { capabilities } = harness

  const people = async (store: Store<TestSchema>): Promise<unknown> =>
    store.transaction((tx) => tx.selectFrom('person').selectAll().orderBy('id').execute(), { accessMode: 'read only' })

  test('a read-only transaction rejects beside one: the next sees what was written since', async ({ openWith }) => {
    const store = await openWith(['person'])
    const mine = new Error('mine')
    for (let id = 1; id <= 3; id++) {
      const failing = store.transaction(
        async (tx) => {
          await tx.selectFrom('person').selectAll().execute()
          await openStream(tx)
          throw mine
        },
        { accessMode: 'read only' },
      )
      expect(await rejectionOf(failing)).toBe(mine)
      await store.db
        .insertInto('person')
        .values({ ...ANN, id, name: `p${id}` })
        .execute()
      expect(((await people(store)) as unknown[]).length).toBe(id)
      const streamed: unknown[] = []
      for await (const row of store.db.selectFrom('person').selectAll().stream()) streamed.push(row)
      expect(streamed.length).toBe(id)
    }
  })

  test('a write transaction rejects beside one: it is undone, and the stream does not go on', async ({ openWith }) => {
    const store = await openWith(['person'])
    let rows: Rows | undefined
    const mine = new Error('mine')
    const failing = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      rows = await openStream(tx)
      throw mine
    })
    expect(await rejectionOf(failing)).toBe(mine)
    expect(await people(store)).toEqual([])
    expect(typeof (await restOf(rows as Rows))).toBe('string')
    await store.db.insertInto('person').values(ANN).execute()
  })

  test('Kysely’s transactions roll back beside one: it hides no error, and nothing is left', async ({ openWith }) => {
    const store = await openWith(['person'])
    const mine = new Error('mine')
    const failing = store.db.transaction().execute(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await openStream(tx)
      throw mine
    })
    expect(await rejectionOf(failing)).toBe(mine)
    const tx = await store.db.startTransaction().execute()
    await tx.insertInto('person').values(ANN).execute()
    const rows = await openStream(tx)
    await tx.rollback().execute()
    expect(typeof (await restOf(rows))).toBe('string')
    expect(await people(store)).toEqual([])
    await store.db.insertInto('person').values(ANN).execute()
  })

  for (const place of ['inside', 'around'] as const) {
    test(`a nested block rejects with one open ${place} it: undone, or all is lost`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const mine = new Error('mine')
      let rest: unknown
      const outcome = await rejectionOf(
        store.transaction(async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          let rows = place === 'around' ? await openStream(tx) : undefined
          const failing = tx.nested(async (inner) => {
            // A stream around it may be too long for a write; then that is what the block rejects with.
            await inner.insertInto('person').values(BOB).execute()
            rows ??= await openStream(inner)
            throw mine
          })
          const error = await rejectionOf(failing)
          expect(error === 'resolved').toBe(false)
          if (place === 'inside') expect(error).toBe(mine)
          rest = await restOf(rows as Rows)
        }),
      )
      expect(await people(store)).toEqual(outcome === 'resolved' ? [ANN] : [])
      if (rest !== COUNT) expect(typeof rest).toBe('string')
    })
  }

  if (capabilities.incrementalReclaim) {
    /** Free pages, so that there is something to reclaim. */
    const prepare = async (store: Store<TestSchema>): Promise<void> => {
      await fillPeople(store.db, 1000)
      await store.db.deleteFrom('person').execute()
    }

    test('maintenance beside one of a write transaction waits and is done', async ({ openWith }) => {
      const store = await openWith(['person'])
      await prepare(store)
      const before = await autocheckpoint(store)
      const begun = createGate()
      const finish = createGate()
      const writing = store.transaction(async (tx) => {
        const rows = await openStream(tx)
        begun.open()
        await finish.opened
        await rows.return?.()
      })
      await begun.opened
      const maintaining = track(store.maintenance({ mode: 'full', steps: ['reclaim'] }))
      await turns()
      finish.open()
      await writing
      const report = await maintaining.promise
      expect(report.steps.map(({ name, status }) => [name, status])).toEqual([['reclaim', 'done']])
      for (let time = 0; time < 2; time++) expect(await autocheckpoint(store)).toEqual(before)
    })

    test('maintenance beside one on the connection that writes leaves its settings alone', async ({ openWith }) => {
      const store = await openWith(['person'])
      await prepare(store)
      const before = await autocheckpoint(store)
      // From now on the connection that has it reads for everybody.
      await sql`create temp table here (id integer)`.execute(store.db)
      const rows = await openStream(store.db)
      await rejectionOf(store.maintenance({ mode: 'full', steps: ['reclaim'] }))
      await rows.return?.()
      expect((await sql`pragma wal_autocheckpoint`.execute(store.db)).rows).toEqual(before)
      for (let time = 0; time < 2; time++) expect(await autocheckpoint(store)).toEqual(before)
      const report = await store.maintenance({ mode: 'full', steps: ['reclaim'] })
      expect(report.outcome).toBe('ok')
    })
  }

  for (const count of [1000, COUNT]) {
    test(`a stream of ${count} rows whose connection is replaced ends whole or with an error`, async ({ openWith }) => {
      const store = await openWith(['person'])
      await sql`create temp table here (id integer)`.execute(store.db)
      const rows = await openStream(store.db, count)
      await rejectionOf(store.withConnection(async () => undefined))
      const rest = await restOf(rows)
      if (rest !== count) expect(typeof rest).toBe('string')
    })

    test(`a stream of ${count} rows that waits for it meanwhile gives them all`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const begun = createGate()
      const finish = createGate()
      const leased = store.withConnection(async ({ db }) => {
        await sql`create temp table here (id integer)`.execute(db)
        begun.open()
        await finish.opened
      })
      await begun.opened
      const opening = track(openStream(store.db, count))
      await turns()
      finish.open()
      await leased
      expect(await restOf(await opening.promise)).toBe(count)
    })
  }
}
