/**
 * Transactions: commit, rollback, access mode, isolation, and the same for Kysely's own `db.transaction()` and
 * `db.startTransaction()`. Not: savepoints, retries, doomed transactions, or what happens beside one.
 */
import type { Store } from '@upkeep/core'
import type { Transaction } from 'kysely'
import { createGate, turns } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

type Work<T> = (tx: Transaction<TestSchema>) => Promise<T>

/** Ways to run work in a transaction that must not differ. */
const RUNNERS: Readonly<
  Record<string, <T>(store: Store<TestSchema>, work: Work<T>, readOnly?: boolean) => Promise<T>>
> = {
  'store.transaction': (store, work, readOnly) =>
    store.transaction(work, readOnly === true ? { accessMode: 'read only' } : {}),
  'db.transaction': (store, work, readOnly) => {
    const builder = store.db.transaction()
    return (readOnly === true ? builder.setAccessMode('read only') : builder).execute(work)
  },
  'db.startTransaction': async (store, work, readOnly) => {
    const builder = store.db.startTransaction()
    const tx = await (readOnly === true ? builder.setAccessMode('read only') : builder).execute()
    try {
      const result = await work(tx)
      await tx.commit().execute()
      return result
    } catch (error) {
      if (!tx.isRolledBack) await tx.rollback().execute()
      throw error
    }
  },
  'db.connection and its transaction': (store, work, readOnly) =>
    store.db.connection().execute((db) => {
      const builder = db.transaction()
      return (readOnly === true ? builder.setAccessMode('read only') : builder).execute(work)
    }),
  'withConnection and its transaction': (store, work, readOnly) =>
    store.withConnection(({ db }) => {
      const builder = db.transaction()
      return (readOnly === true ? builder.setAccessMode('read only') : builder).execute(work)
    }),
}

const ANN = { id: 1, name: 'ann', age: null }

export const transaction: Topic = ({ harness, describe, expect, expectCode, test }) => {
  for (const [name, run] of Object.entries(RUNNERS)) {
    describe(name, () => {
      test('commits what it did when the work resolves, and gives its result', async ({ openWith }) => {
        const store = await openWith(['person'])
        const result = await run(store, async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          expect(await tx.selectFrom('person').selectAll().execute()).toEqual([ANN])
          return 'result'
        })
        expect(result).toBe('result')
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
      })

      test('undoes what it did when the work rejects, with that error', async ({ openWith }) => {
        const store = await openWith(['person'])
        const reason = new Error('mine')
        const outcome = rejectionOf(
          run(store, async (tx) => {
            await tx.insertInto('person').values(ANN).execute()
            throw reason
          }),
        )
        expect(await outcome).toBe(reason)
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
        await run(store, (tx) => tx.insertInto('person').values(ANN).execute())
        expect((await store.db.selectFrom('person').selectAll().execute()).length).toBe(1)
      })

      test('a statement that fails undoes everything when its error is not caught', async ({ openWith }) => {
        const store = await openWith(['person'])
        const outcome = run(store, async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          await tx.insertInto('person').values(ANN).execute()
        })
        await expectCode(outcome, 'CONSTRAINT')
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
      })

      test('read only refuses writes with READONLY and reads', async ({ openWith }) => {
        const store = await openWith(['person'])
        await store.db.insertInto('person').values(ANN).execute()
        const outcome = run(
          store,
          async (tx) => {
            expect(await tx.selectFrom('person').selectAll().execute()).toEqual([ANN])
            await tx.deleteFrom('person').execute()
          },
          true,
        )
        await expectCode(outcome, 'READONLY')
        expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
        await store.db.updateTable('person').set({ age: 7 }).execute()
      })

      test('its statements run in the order they were given', async ({ openWith }) => {
        const store = await openWith(['counter'])
        await run(store, async (tx) => {
          await Promise.all(
            Array.from({ length: 20 }, (_, index) =>
              tx
                .insertInto('counter')
                .values((eb) => ({
                  id: index + 2,
                  value: eb.selectFrom('counter').select((one) => one.fn.countAll<number>().as('n')),
                }))
                .execute(),
            ),
          )
        })
        const rows = await store.db.selectFrom('counter').selectAll().where('id', '>', 1).orderBy('id').execute()
        expect(rows).toEqual(Array.from({ length: 20 }, (_, index) => ({ id: index + 2, value: index + 1 })))
      })
    })
  }

  if (harness.capabilities.concurrentReads) {
    test('read only keeps the snapshot of its first read, and holds up no writer', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const read = createGate()
      const written = createGate()
      const value = async (db: Store<TestSchema>['db']) =>
        (await db.selectFrom('counter').select('value').where('id', '=', 1).executeTakeFirstOrThrow()).value
      const reader = store.transaction(
        async (tx) => {
          const before = await value(tx)
          read.open()
          await written.opened
          return [before, await value(tx)]
        },
        { accessMode: 'read only' },
      )
      await read.opened
      await store.db.updateTable('counter').set({ value: 1 }).execute()
      written.open()
      expect(await reader).toEqual([0, 0])
      expect(await value(store.db)).toBe(1)
    })
  }

  test('every isolation level up to serializable is accepted', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (const isolationLevel of ['read committed', 'repeatable read', 'serializable'] as const) {
      await store.transaction((tx) => tx.selectFrom('person').selectAll().execute(), { isolationLevel })
      await store.db
        .transaction()
        .setIsolationLevel(isolationLevel)
        .execute((tx) => tx.selectFrom('person').selectAll().execute())
    }
  })

  test('options that are none are INVALID_ARGUMENT, and the work does not run', async ({ openWith }) => {
    const store = await openWith(['person'])
    let ran = false
    const work = async (): Promise<void> => {
      ran = true
    }
    for (const options of [
      { acessMode: 'read only' },
      { accessMode: 'readonly' },
      { isolationLevel: 'chaos' },
      { timeoutMs: -1 },
      { retry: { attempts: 0 } },
      { retry: { attempts: 2, backoff: 1 } },
    ]) {
      await expectCode(store.transaction(work, options as object), 'INVALID_ARGUMENT')
    }
    expect(ran).toBe(false)
  })

  test('work that outlives its transaction is no error, and may write', async ({ openWith }) => {
    const store = await openWith(['person'])
    const committed = createGate()
    let later: Promise<unknown> = Promise.resolve()
    await store.transaction(async () => {
      later = committed.opened.then(() => store.db.insertInto('person').values(ANN).execute())
    })
    committed.open()
    await later
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
  })

  test('a statement that comes late is part of the transaction or fails, never a stray write', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (let delay = 0; delay < 20; delay++) {
      let late: Promise<unknown> = Promise.resolve()
      const outcome = store.transaction(async (tx) => {
        late = (async () => {
          for (let tick = 0; tick < delay; tick++) await undefined
          await tx.insertInto('person').values(ANN).execute()
        })().catch(() => undefined)
        throw new Error('rolled back')
      })
      await rejectionOf(outcome)
      await late
      await turns(1)
      expect([delay, await store.db.selectFrom('person').selectAll().execute()]).toEqual([delay, []])
    }
  })
}
