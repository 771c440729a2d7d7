/** `retry`: the whole of the work again, on BUSY and SERIALIZATION, only when asked. */
import { StoreError, type StoreErrorCode } from '@upkeep/core'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const ANN = { id: 1, name: 'ann', age: null }

const failure = (code: StoreErrorCode): StoreError => new StoreError(code, 'planted')

export const retry: Topic = ({ expect, expectCode, test }) => {
  for (const code of ['BUSY', 'SERIALIZATION'] as const) {
    test(`${code} runs the whole work again, from a clean state`, async ({ openWith }) => {
      const store = await openWith(['person'])
      const seen: number[] = []
      const result = await store.transaction(
        async (tx) => {
          seen.push((await tx.selectFrom('person').selectAll().execute()).length)
          await tx.insertInto('person').values(ANN).execute()
          if (seen.length < 3) throw failure(code)
          return 'third time'
        },
        { retry: { attempts: 3, backoffMs: 1 } },
      )
      expect(result).toBe('third time')
      expect(seen).toEqual([0, 0, 0])
      expect((await store.db.selectFrom('person').selectAll().execute()).length).toBe(1)
    })
  }

  test('without it the work runs once', async ({ openWith }) => {
    const store = await openWith(['person'])
    let runs = 0
    const work = async (): Promise<never> => {
      runs++
      throw failure('BUSY')
    }
    const error = await expectCode(store.transaction(work), 'BUSY')
    expect(error.retryable).toBe(true)
    expect(runs).toBe(1)
  })

  test('when the attempts are used up, the last error is given', async ({ openWith }) => {
    const store = await openWith(['person'])
    const errors: StoreError[] = []
    const outcome = store.transaction(
      async () => {
        const error = failure('SERIALIZATION')
        errors.push(error)
        throw error
      },
      { retry: { attempts: 4, backoffMs: 1, maxBackoffMs: 2 } },
    )
    expect(await rejectionOf(outcome)).toBe(errors[3])
    expect(errors.length).toBe(4)
  })

  for (const [name, error] of [
    ['a constraint', failure('CONSTRAINT')],
    ['an abort', failure('ABORTED')],
    ['an error of the application', new Error('mine')],
  ] as const) {
    test(`${name} is not retried`, async ({ openWith }) => {
      const store = await openWith(['person'])
      let runs = 0
      const work = async (): Promise<never> => {
        runs++
        throw error
      }
      expect(await rejectionOf(store.transaction(work, { retry: { attempts: 3 } }))).toBe(error)
      expect(runs).toBe(1)
    })
  }

  test('an abort ends the waiting for the next attempt', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const controller = new AbortController()
    let runs = 0
    const outcome = store.transaction(
      async () => {
        runs++
        setTimeout(() => controller.abort(new Error('enough')), 0)
        throw failure('BUSY')
      },
      { signal: controller.signal, retry: { attempts: 3, backoffMs: 60_000, maxBackoffMs: 60_000 } },
    )
    await expectCode(outcome, 'ABORTED')
    expect(runs).toBe(1)
  })
}
