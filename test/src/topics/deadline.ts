/** Deadlines: `timeoutMs` by the injected clock, and contexts that are none. */
import { createGate } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: null }

export const deadline: Topic = ({ expect, expectCode, test }) => {
  test('a transaction past its timeoutMs is TIMEOUT and rolled back, also when its work never ends', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const begun = createGate()
    const outcome = rejectionOf(
      store.transaction(
        async (tx) => {
          await tx.insertInto('person').values(ANN).execute()
          begun.open()
          await createGate().opened
        },
        { timeoutMs: 5000 },
      ),
    )
    await begun.opened
    clock.advance(5000)
    expect(await outcome).toMatchObject({ code: 'TIMEOUT', retryable: false })
    await store.db.insertInto('person').values(ANN).execute()
    expect(await store.db.selectFrom('person').selectAll().execute()).toEqual([ANN])
  })

  test('withConnection past its timeoutMs is TIMEOUT', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const begun = createGate()
    const outcome = rejectionOf(
      store.withConnection(
        async () => {
          begun.open()
          await createGate().opened
        },
        { timeoutMs: 10 },
      ),
    )
    await begun.opened
    clock.advance(10)
    expect(await outcome).toMatchObject({ code: 'TIMEOUT' })
    await store.db.insertInto('person').values(ANN).execute()
  })

  test('a context that is none is INVALID_ARGUMENT', async ({ openWith }) => {
    const store = await openWith(['person'])
    for (const context of [{ signal: {} }, { timeoutMs: Number.NaN }, { timeoutMs: '5' }] as object[]) {
      await expectCode(
        store.transaction(async () => undefined, context),
        'INVALID_ARGUMENT',
      )
      await expectCode(
        store.withConnection(async () => undefined, context),
        'INVALID_ARGUMENT',
      )
      await expectCode(store.maintenance(context), 'INVALID_ARGUMENT')
      await expectCode(store.health(context), 'INVALID_ARGUMENT')
    }
  })
}
