/**
 * An aborted statement dooms its transaction, on every backend: what follows fails, COMMIT becomes ROLLBACK and says
 * so, and nothing of it is there.
 */
import { isStoreError, type Store } from '@upkeep/core'
import { abortedSignal, microtasks } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const ANN = { id: 1, name: 'ann', age: null }

const count = async (store: Store<TestSchema>): Promise<number> =>
  (await store.db.selectFrom('person').selectAll().execute()).length

export const doomed: Topic = ({ expect, expectCode, test }) => {
  test('an aborted statement dooms store.transaction', async ({ openWith }) => {
    const store = await openWith(['person'])
    const reason = new Error('stop')
    const outcome = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      const aborted = tx
        .selectFrom('person')
        .selectAll()
        .execute({ signal: abortedSignal(reason) })
      expect((await expectCode(aborted, 'ABORTED')).cause).toBe(reason)
      await expectCode(tx.selectFrom('person').selectAll().execute(), 'ABORTED')
      await expectCode(tx.updateTable('person').set({ age: 1 }).execute(), 'ABORTED')
    })
    await expectCode(outcome, 'ABORTED')
    expect(await count(store)).toBe(0)
    await store.db.insertInto('person').values(ANN).execute()
    expect(await count(store)).toBe(1)
  })

  test('it dooms db.transaction', async ({ openWith }) => {
    const store = await openWith(['person'])
    const outcome = store.db.transaction().execute(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await rejectionOf(tx.selectFrom('person').selectAll().execute({ signal: abortedSignal() }))
    })
    await expectCode(outcome, 'ABORTED')
    expect(await count(store)).toBe(0)
  })

  test('it dooms a controlled transaction, whose rollback still works', async ({ openWith }) => {
    const store = await openWith(['person'])
    const tx = await store.db.startTransaction().execute()
    await tx.insertInto('person').values(ANN).execute()
    await rejectionOf(tx.selectFrom('person').selectAll().execute({ signal: abortedSignal() }))
    await expectCode(tx.commit().execute(), 'ABORTED')
    if (!tx.isRolledBack) await tx.rollback().execute()
    expect(await count(store)).toBe(0)
    await store.db.insertInto('person').values(ANN).execute()
  })

  test('it dooms the transaction through a nested block', async ({ openWith }) => {
    const store = await openWith(['person'])
    const outcome = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await rejectionOf(
        tx.nested((inner) => inner.selectFrom('person').selectAll().execute({ signal: abortedSignal() })),
      )
      await expectCode(tx.selectFrom('person').selectAll().execute(), 'ABORTED')
    })
    await expectCode(outcome, 'ABORTED')
    expect(await count(store)).toBe(0)
  })

  test('the signal of the transaction dooms it between statements', async ({ openWith }) => {
    const store = await openWith(['person'])
    const controller = new AbortController()
    const reason = new Error('stop')
    const outcome = store.transaction(
      async (tx) => {
        await tx.insertInto('person').values(ANN).execute()
        controller.abort(reason)
        await expectCode(tx.updateTable('person').set({ age: 1 }).execute(), 'ABORTED')
        return 'resolved all the same'
      },
      { signal: controller.signal },
    )
    expect((await expectCode(outcome, 'ABORTED')).cause).toBe(reason)
    expect(await count(store)).toBe(0)
  })

  test('whenever the signal aborts around COMMIT, what is told is what the database holds', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (let delay = 0; delay < 20; delay++) {
      for (const leaves of ['nothing', 'a statement'] as const) {
        const controller = new AbortController()
        const told = await rejectionOf(
          store.transaction(
            async (tx) => {
              await tx.insertInto('person').values(ANN).execute()
              if (leaves === 'a statement') void rejectionOf(tx.updateTable('person').set({ age: delay }).execute())
              void microtasks(delay).then(() => controller.abort())
            },
            { signal: controller.signal },
          ),
        )
        const outcome = isStoreError(told) ? told.code : told
        expect([delay, leaves, outcome]).toEqual([delay, leaves, (await count(store)) === 1 ? 'resolved' : 'ABORTED'])
        await store.db.deleteFrom('person').execute()
      }
    }
  })

  test('the work’s own error wins over the doom', async ({ openWith }) => {
    const store = await openWith(['person'])
    const mine = new Error('mine')
    const outcome = store.transaction(async (tx) => {
      await tx.insertInto('person').values(ANN).execute()
      await rejectionOf(tx.selectFrom('person').selectAll().execute({ signal: abortedSignal() }))
      throw mine
    })
    expect(await rejectionOf(outcome)).toBe(mine)
    expect(await count(store)).toBe(0)
  })
}
