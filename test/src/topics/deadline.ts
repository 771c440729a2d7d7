/** Deadlines: `timeoutMs` by the injected clock, those that fail open, and contexts that are none. */
import { withDeadline } from '@upkeep/core'
import { createGate, turns } from '../suite/gate.ts'
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

  test('withDeadline beside a held lock gives the fallback, takes the statement back, and the store goes on', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['counter'], { clock })
    const [begun, done] = [createGate(), createGate()]
    const holding = store.transaction(async (tx) => {
      await tx.updateTable('counter').set({ value: 1 }).execute()
      begun.open()
      await done.opened
    })
    await begun.opened
    const failures: unknown[] = []
    const options = { clock, onFailure: (error: unknown) => void failures.push(error) }
    const increment = (signal: AbortSignal): Promise<unknown> =>
      store.db
        .updateTable('counter')
        .set(({ eb }) => ({ value: eb('value', '+', 10) }))
        .execute({ signal })
    const alone = withDeadline(increment, 50, 'none', options)
    const inTransaction = withDeadline(
      (signal) => store.transaction((tx) => tx.updateTable('counter').set({ value: 100 }).execute(), { signal }),
      50,
      'none',
      options,
    )
    await turns()
    clock.advance(50)
    expect(await Promise.all([alone, inTransaction])).toEqual(['none', 'none'])
    expect(failures.length).toBe(2)
    for (const failure of failures) expect(failure).toMatchObject({ code: 'TIMEOUT' })
    done.open()
    await holding
    await withDeadline(increment, 50, 'none', options)
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 11 }])
    expect(failures.length).toBe(2)
    expect((await store.close()).clean).toBe(true)
  })

  test('withDeadline gives what the store answers in time, and the fallback for what it refuses', async (t) => {
    const store = await t.openWith(['person'], { clock: t.manualClock() })
    await store.db.insertInto('person').values(ANN).execute()
    const read = (signal: AbortSignal): Promise<unknown> =>
      store.db.selectFrom('person').selectAll().execute({ signal })
    expect(await withDeadline(read, 50, [])).toEqual([ANN])
    await store.close()
    expect(await withDeadline(read, 50, (error) => (error as { code: string }).code)).toBe('CLOSED')
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
