/**
 * The store used inside its own live transaction: what would wait for itself is told so at once where the runtime
 * tracks async context, and in time where it does not; reads see the state before; `detached()` is the way out. Where
 * write transactions run beside each other, a write is one of its own.
 */
import type { Store } from '@upkeep/core'
import { createGate, track, turns } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }

/** What cannot run before the transaction around it has ended. */
const WRITES: Readonly<Record<string, (store: Store<TestSchema>) => Promise<unknown>>> = {
  'a write': (store) => store.db.insertInto('person').values(ANN).execute(),
  'a write with returning': (store) => store.db.insertInto('person').values(ANN).returningAll().execute(),
  'store.transaction': (store) => store.transaction((tx) => tx.insertInto('person').values(ANN).execute()),
  'db.transaction': (store) => store.db.transaction().execute((tx) => tx.insertInto('person').values(ANN).execute()),
  'db.startTransaction': async (store) => {
    const tx = await store.db.startTransaction().execute()
    await tx.insertInto('person').values(ANN).execute()
    await tx.commit().execute()
  },
  'a write on a connection': (store) =>
    store.db.connection().execute((db) => db.insertInto('person').values(ANN).execute()),
  'a write in withConnection': (store) =>
    store.withConnection(({ db }) => db.insertInto('person').values(ANN).execute()),
}

export const nestedUse: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness
  const code = capabilities.asyncContext ? 'NESTED_USE' : 'BUSY'

  if (capabilities.concurrentWrites) {
    for (const [name, write] of Object.entries(WRITES)) {
      test(`${name} through the store inside a transaction is one of its own`, async ({ openWith }) => {
        const store = await openWith(['person', 'counter'])
        const outcome = store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ value: 1 }).execute()
          await write(store)
          expect(await tx.selectFrom('person').selectAll().execute()).toEqual([ANN])
          throw new Error('rolled back')
        })
        await rejectionOf(outcome)
        expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 0 }])
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })

      test(`${name} that would wait for the transaction around it is BUSY in time`, async ({ openWith }) => {
        const store = await openWith(['person'], { busyTimeoutMs: 0 })
        await store.transaction(async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          await expectCode(write(store), 'BUSY')
          await tx.updateTable('person').set({ age: 2 }).execute()
        })
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([{ ...ANN, age: 2 }])
      })
    }
  } else {
    for (const [name, write] of Object.entries(WRITES)) {
      test(`${name} through the store inside its own transaction is ${code}`, async ({ openWith }) => {
        const store = await openWith(['person', 'counter'], { busyTimeoutMs: 0 })
        await store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ value: 1 }).execute()
          await expectCode(write(store), code)
          await tx.updateTable('counter').set({ value: 2 }).execute()
        })
        expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 2 }])
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
        await write(store)
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })
    }

    test(`it is ${code} in a nested block and in a controlled transaction's context too`, async ({ openWith }) => {
      const store = await openWith(['person'], { busyTimeoutMs: 0 })
      await store.transaction(async (tx) => {
        await tx.selectFrom('person').selectAll().execute()
        await tx.nested(async (inner) => {
          await inner
            .insertInto('person')
            .values({ ...ANN, id: 2, name: 'bob' })
            .execute()
          await expectCode(store.db.insertInto('person').values(ANN).execute(), code)
        })
      })
      expect(await store.db.selectFrom('person').select('id').execute()).toEqual([{ id: 2 }])
    })

    test(`it is ${code} inside Kysely's own transaction`, async ({ openWith }) => {
      const store = await openWith(['person'], { busyTimeoutMs: 0 })
      await store.db.transaction().execute(async (tx) => {
        await tx
          .insertInto('person')
          .values({ ...ANN, id: 2, name: 'bob' })
          .execute()
        await expectCode(store.db.insertInto('person').values(ANN).execute(), code)
      })
      expect(await store.db.selectFrom('person').select('id').execute()).toEqual([{ id: 2 }])
    })

    test(`it is ${code} beside a connection of one's own that has written`, async ({ openWith }) => {
      const store = await openWith(['person'], { busyTimeoutMs: 0 })
      await store.db.connection().execute(async (db) => {
        await db
          .insertInto('person')
          .values({ ...ANN, id: 2, name: 'bob' })
          .execute()
        await expectCode(store.db.insertInto('person').values(ANN).execute(), code)
        await expectCode(
          store.transaction((tx) => tx.insertInto('person').values(ANN).execute()),
          code,
        )
        await db.updateTable('person').set({ age: 3 }).execute()
      })
      expect(await store.db.selectFrom('person').select(['id', 'age']).execute()).toEqual([{ id: 2, age: 3 }])
    })
  }

  if (capabilities.asyncContext) {
    test('maintenance inside a transaction is NESTED_USE', async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await expectCode(store.maintenance(), 'NESTED_USE')
      })
      expect((await store.maintenance()).outcome).toBe('ok')
    })

    if (capabilities.concurrentWrites) {
      test('maintenance inside withConnection runs beside it', async ({ openWith }) => {
        const store = await openWith(['person'])
        await store.withConnection(async ({ db }) => {
          await db.insertInto('person').values(ANN).execute()
          expect((await store.maintenance()).outcome).toBe('ok')
        })
      })
    } else {
      test('maintenance inside withConnection is NESTED_USE', async ({ openWith }) => {
        const store = await openWith(['person'])
        await store.withConnection(async ({ db }) => {
          await expectCode(store.maintenance({ steps: ['analyze'] }), 'NESTED_USE')
          await db.insertInto('person').values(ANN).execute()
          await expectCode(store.maintenance(), 'NESTED_USE')
        })
        expect((await store.maintenance()).outcome).toBe('ok')
      })
    }
  }

  const streamed = async (store: Store<TestSchema>): Promise<unknown[]> => {
    const rows: unknown[] = []
    for await (const row of store.db.selectFrom('person').selectAll().stream()) rows.push(row)
    return rows
  }

  if (capabilities.concurrentReads) {
    test('a read through the store inside its own transaction sees the state before', async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
        expect(await streamed(store)).toEqual([])
        expect(await tx.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    })
  } else {
    test(`a stream through the store inside its own transaction is ${code}`, async ({ openWith }) => {
      const store = await openWith(['person'], { busyTimeoutMs: 0 })
      await store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await expectCode(streamed(store), code)
      })
      expect(await streamed(store)).toEqual([ANN])
    })

    test(`a read through the store inside its own transaction is ${code}`, async ({ openWith }) => {
      const store = await openWith(['person'], { busyTimeoutMs: 0 })
      await store.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await expectCode(store.db.selectFrom('person').selectAll().execute(), code)
      })
      expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
    })
  }

  if (capabilities.asyncContext) {
    test('detached() leaves the transaction: its write waits for the end and then happens', async ({ openWith }) => {
      const store = await openWith(['person'])
      let detached = track(Promise.resolve<unknown>(undefined))
      await store.transaction(async (tx) => {
        await tx
          .insertInto('person')
          .values({ ...ANN, id: 2, name: 'bob' })
          .execute()
        // The name is taken until the transaction ends; where writers run beside each other nothing else would wait.
        await tx.insertInto('person').values(ANN).execute()
        detached = track(store.detached(() => store.db.insertInto('person').values(ANN).execute()))
        await turns()
        expect(detached.settled).toBe(false)
        await tx.deleteFrom('person').where('id', '=', 1).execute()
      })
      await detached.promise
      expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(2)
    })

    test('detached() gives what its work gave', async ({ open }) => {
      const store = await open()
      expect(await store.detached(async () => 'result')).toBe('result')
      const reason = new Error('mine')
      expect(await rejectionOf(store.detached(() => Promise.reject(reason)))).toBe(reason)
    })
  } else {
    test('detached() is UNSUPPORTED and runs nothing', async ({ open }) => {
      const store = await open()
      let ran = false
      const work = async (): Promise<void> => {
        ran = true
      }
      await expectCode(store.detached(work), 'UNSUPPORTED')
      expect(ran).toBe(false)
    })
  }

  test('two stores may be used in each other’s transactions', async ({ openWith }) => {
    const one = await openWith(['person'])
    const other = await harness.createDatabase()
    const second = await other.openStore<TestSchema>()
    try {
      await second.db.schema
        .createTable('person')
        .addColumn('id', 'integer')
        .addColumn('name', 'text')
        .addColumn('age', 'integer')
        .execute()
      await one.transaction(async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        await second.db.insertInto('person').values(ANN).execute()
        await second.transaction((inner) =>
          inner
            .insertInto('person')
            .values({ ...ANN, id: 2 })
            .execute(),
        )
      })
      expect((await second.db.selectFrom('person').select('id').execute()).length).toBe(2)
    } finally {
      await second.close()
      await other.drop()
    }
  })

  test('a transaction in another async context is not nested use, it waits', async ({ openWith }) => {
    const store = await openWith(['person'])
    const begun = createGate()
    const finish = createGate()
    const first = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      begun.open()
      await finish.opened
    })
    await begun.opened
    const second = track(store.db.updateTable('person').set({ age: 5 }).execute())
    await turns()
    expect(second.settled).toBe(false)
    finish.open()
    await first
    await second.promise
    expect(await store.db.selectFrom('person').select('age').execute()).toEqual([{ age: 5 }])
  })
}
