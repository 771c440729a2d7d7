/** Savepoints: `tx.nested()` and Kysely's controlled ones. */
import { createGate } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const person = (id: number) => ({ id, name: `p${id}`, age: null })

export const nested: Topic = ({ harness, expect, expectCode, test }) => {
  test('what a nested block did is kept with the transaction', async ({ openWith }) => {
    const store = await openWith(['person'])
    const result = await store.transaction(async (tx) => {
      await tx.insertInto('person').values(person(1)).execute()
      return tx.nested(async (inner) => {
        await inner.insertInto('person').values(person(2)).execute()
        return 'inner'
      })
    })
    expect(result).toBe('inner')
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(2)
  })

  test('an error undoes the nested block only', async ({ openWith }) => {
    const store = await openWith(['person'])
    const reason = new Error('inner')
    await store.transaction(async (tx) => {
      await tx.insertInto('person').values(person(1)).execute()
      const outcome = tx.nested(async (inner) => {
        await inner.insertInto('person').values(person(2)).execute()
        throw reason
      })
      expect(await rejectionOf(outcome)).toBe(reason)
      await tx.insertInto('person').values(person(3)).execute()
    })
    expect(await store.db.selectFrom('person').select('id').orderBy('id').execute()).toEqual([{ id: 1 }, { id: 3 }])
  })

  test('a statement that fails in a nested block leaves the transaction usable', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(async (tx) => {
      await tx.insertInto('person').values(person(1)).execute()
      await expectCode(
        tx.nested((inner) => inner.insertInto('person').values(person(1)).execute()),
        'CONSTRAINT',
      )
      await tx.insertInto('person').values(person(2)).execute()
    })
    expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(2)
  })

  test('an outer error undoes nested blocks that had succeeded', async ({ openWith }) => {
    const store = await openWith(['person'])
    const outcome = store.transaction(async (tx) => {
      await tx.nested((inner) => inner.insertInto('person').values(person(1)).execute())
      throw new Error('outer')
    })
    expect(await rejectionOf(outcome)).toMatchObject({ message: 'outer' })
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([])
  })

  test('blocks nest, each with its own fate', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(async (tx) => {
      await tx.nested(async (one) => {
        await one.insertInto('person').values(person(1)).execute()
        const outcome = one.nested(async (two) => {
          await two.insertInto('person').values(person(2)).execute()
          await two.nested((three) => three.insertInto('person').values(person(3)).execute())
          throw new Error('two and three')
        })
        await rejectionOf(outcome)
        await one.nested((four) => four.insertInto('person').values(person(4)).execute())
      })
    })
    expect(await store.db.selectFrom('person').select('id').orderBy('id').execute()).toEqual([{ id: 1 }, { id: 4 }])
  })

  test('siblings run one after another, and the failure of one is its own', async ({ openWith }) => {
    const store = await openWith(['person'])
    const order: string[] = []
    await store.transaction(async (tx) => {
      const finishFirst = createGate()
      const first = tx.nested(async (inner) => {
        order.push('first begins')
        await inner.insertInto('person').values(person(1)).execute()
        await finishFirst.opened
        order.push('first ends')
        throw new Error('first')
      })
      const second = tx.nested(async (inner) => {
        order.push('second begins')
        await inner.insertInto('person').values(person(2)).execute()
      })
      const outcome = rejectionOf(first)
      finishFirst.open()
      expect(await outcome).toMatchObject({ message: 'first' })
      await second
    })
    expect(order).toEqual(['first begins', 'first ends', 'second begins'])
    expect(await store.db.selectFrom('person').select('id').execute()).toEqual([{ id: 2 }])
  })

  if (harness.capabilities.asyncContext) {
    test('nested() on the transaction around a block, in that block, is NESTED_USE at once', async ({ openWith }) => {
      const store = await openWith(['person'])
      await store.transaction(async (tx) => {
        await tx.nested(async (one) => {
          await one.insertInto('person').values(person(1)).execute()
          await expectCode(
            tx.nested(async () => undefined),
            'NESTED_USE',
          )
          await one.nested(async (two) => {
            for (const outer of [tx, one]) {
              await expectCode(
                outer.nested(async () => undefined),
                'NESTED_USE',
              )
            }
            await two.nested((three) => three.insertInto('person').values(person(2)).execute())
          })
        })
        await tx.nested((next) => next.insertInto('person').values(person(3)).execute())
      })
      expect((await store.db.selectFrom('person').select('id').execute()).length).toBe(3)
    })
  }

  test('a nested transaction knows that it is one, and has no way out', async ({ openWith }) => {
    const store = await openWith(['person'])
    await store.transaction(async (tx) => {
      expect(tx.isTransaction).toBe(true)
      await tx.nested(async (inner) => {
        expect(inner.isTransaction).toBe(true)
        for (const method of ['maintenance', 'close', 'withConnection'] as const) {
          expect((inner as unknown as Record<string, unknown>)[method]).toBe(undefined)
          expect((tx as unknown as Record<string, unknown>)[method]).toBe(undefined)
        }
      })
    })
  })

  test('savepoints of a controlled transaction', async ({ openWith }) => {
    const store = await openWith(['person'])
    const tx = await store.db.startTransaction().execute()
    await tx.insertInto('person').values(person(1)).execute()
    const inner = await tx.savepoint('here').execute()
    await inner.insertInto('person').values(person(2)).execute()
    const back = await inner.rollbackToSavepoint('here').execute()
    await back.insertInto('person').values(person(3)).execute()
    await back.releaseSavepoint('here').execute()
    await tx.commit().execute()
    expect(await store.db.selectFrom('person').select('id').orderBy('id').execute()).toEqual([{ id: 1 }, { id: 3 }])
  })
}
