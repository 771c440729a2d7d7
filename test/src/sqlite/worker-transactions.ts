/** Transactions that run whole on a worker: all that a transaction is, and stopped at any moment. */
import { sql } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { ENDLESS_READ, onWorker } from '../suite/long-work.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: null }
const BOB = { id: 2, name: 'bob', age: 7 }

export const workerTransactions: Topic = ({ harness, expect, expectCode, test }) => {
  if (!harness.capabilities.workers) {
    test('with a signal it stays where it is', async ({ openWith }) => {
      const store = await openWith(['person'])
      const { signal } = new AbortController()
      await store.transaction((tx) => tx.insertInto('person').values(ANN).execute(), { signal })
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    })
    return
  }

  test('writes, reads, streams, savepoints and RETURNING are what they are elsewhere', async ({ openWith }) => {
    const store = await openWith(['person'])
    store.resetStats()
    const told = await store.transaction(
      async (tx) => {
        const inserted = await tx.insertInto('person').values([ANN, BOB]).returning('id').execute()
        const updated = await tx.updateTable('person').set({ age: 8 }).where('id', '=', 2).executeTakeFirst()
        await rejectionOf(
          tx.nested(async (inner) => {
            await inner.deleteFrom('person').execute()
            throw new Error('undo')
          }),
        )
        const streamed: unknown[] = []
        for await (const row of tx.selectFrom('person').selectAll().orderBy('id').stream(1)) streamed.push(row)
        return { inserted, changed: updated.numUpdatedRows, streamed }
      },
      { executor: 'worker' },
    )
    expect(told).toEqual({ inserted: [{ id: 1 }, { id: 2 }], changed: 1n, streamed: [ANN, { ...BOB, age: 8 }] })
    expect(store.stats().engine.executors.inline).toBe(0)
    expect(await store.db.selectFrom('person').selectAll().orderBy('id').execute()).toEqual([ANN, { ...BOB, age: 8 }])
  })

  test('errors keep their codes, and the transaction goes on where SQLite does', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(
      async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        const error = await expectCode(tx.insertInto('person').values(ANN).execute(), 'CONSTRAINT')
        expect(error).toMatchObject({ kind: 'unique', nativeCode: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
        await expectCode(sql`selekt`.execute(tx), 'SYNTAX')
        await expectCode(
          tx
            .insertInto('person')
            .values({ ...BOB, age: Number.NaN })
            .execute(),
          'INVALID_ARGUMENT',
        )
        await tx.insertInto('person').values(BOB).execute()
      },
      { executor: 'worker' },
    )
    expect(await store.db.selectFrom('person').selectAll().orderBy('id').execute()).toEqual([ANN, BOB])
  })

  test('read only: one snapshot, no lock, and writes are READONLY', async ({ openWith }) => {
    const store = await openWith(['person'])
    const options = { executor: 'worker', accessMode: 'read only' } as const
    await store.transaction(async (tx) => {
      expect(await tx.selectFrom('person').selectAll().execute()).toEqual([])
      await store.db.insertInto('person').values(ANN).execute()
      expect(await tx.selectFrom('person').selectAll().execute()).toEqual([])
      await expectCode(tx.insertInto('person').values(BOB).execute(), 'READONLY')
    }, options)
    await store.transaction((tx) => tx.insertInto('person').values(BOB).execute(), { executor: 'worker' })
    expect((await store.db.selectFrom('person').selectAll().execute()).length).toBe(2)
  })

  test('a schema change in it is seen by statements that were prepared before', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.db.insertInto('person').values(ANN).execute()
    expect(await sql`select * from person`.execute(store.db).then(({ rows }) => rows)).toEqual([ANN])
    await store.transaction((tx) => sql`alter table person add column seen boolean default 1`.execute(tx), {
      executor: 'worker',
    })
    expect(await sql`select * from person`.execute(store.db).then(({ rows }) => rows)).toEqual([{ ...ANN, seen: true }])
  })

  test('its signal stops the running statement; nothing of it is left, and the lock is free', async (t) => {
    const store = await t.openWith(['person'])
    const [controller, reason] = [new AbortController(), new Error('stop')]
    const begun = createGate()
    const running = store.transaction(
      async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        begun.open()
        await sql
          .raw(`insert into person (id, name) ${ENDLESS_READ.sqlite.replace('count(*) as n', "i + 9, 'n' || i")}`)
          .execute(tx)
      },
      { signal: controller.signal },
    )
    await begun.opened
    await onWorker(store, running)
    controller.abort(reason)
    expect((await expectCode(running, 'ABORTED')).cause).toBe(reason)
    await t.probe("insert into person (id, name) values (3, 'eve')")
    expect(await store.db.selectFrom('person').select('id').execute()).toEqual([{ id: 3 }])
    expect(store.stats().engine.workers?.leased).toBe(0)
  })

  test('a statement of it that is stopped by its own signal dooms it', async ({ openWith }) => {
    const store = await openWith(['person'])
    const outcome = store.transaction(
      async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        const controller = new AbortController()
        const running = sql.raw(ENDLESS_READ.sqlite).execute(tx, { signal: controller.signal })
        await turns()
        controller.abort()
        await expectCode(running, 'ABORTED')
        await expectCode(tx.selectFrom('person').selectAll().execute(), 'ABORTED')
      },
      { executor: 'worker' },
    )
    await expectCode(outcome, 'ABORTED')
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  test('a write through the store inside of it is NESTED_USE, and a read sees the state before', async ({
    openWith,
  }) => {
    const store = await openWith(['person'])
    await store.transaction(
      async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await expectCode(store.db.insertInto('person').values(BOB).execute(), 'NESTED_USE')
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
      },
      { executor: 'worker' },
    )
  })

  test("executor: 'inline' with a signal stays on the caller’s thread", async ({ openWith }) => {
    const store = await openWith(['person'])
    store.resetStats()
    const options = { signal: new AbortController().signal, executor: 'inline' } as const
    await store.transaction((tx) => tx.insertInto('person').values(ANN).execute(), options)
    expect(store.stats().engine.executors).toMatchObject({ inline: 1, worker: 0 })
    await expectCode(
      store.transaction(async () => undefined, { executor: 'elsewhere' } as object),
      'INVALID_ARGUMENT',
    )
  })
}
