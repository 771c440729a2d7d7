// withDeadline: what it resolves with, what its work is told, and what is left behind. What becomes of a store's own
// statement under it is the suite's.
import { StoreError, withDeadline } from '@upkeep/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { countedSignal } from './support/counted-signal.ts'
import { createManualClock } from './support/manual-clock.ts'
import { codeOf, track, turns } from './support/outcome.ts'

function never(): Promise<never> {
  return new Promise(() => undefined)
}

describe('what comes of it', () => {
  it.each<[string, () => unknown]>([
    ['a promise', async () => 5],
    ['a value', () => 5],
    // biome-ignore lint/suspicious/noThenProperty: what is awaited need be no promise
    ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(5) })],
  ])('%s in time: what the work gives, and the timer goes', async (_what, work) => {
    const clock = createManualClock()
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    expect(await withDeadline(work, 100, 'fallback', { clock, onFailure })).toBe(5)
    expect(clock.pendingMs).toEqual([])
    expect(failures).toEqual([])
  })

  it('past its time: the fallback, and the signal of the work says TIMEOUT', async () => {
    const clock = createManualClock()
    let signal: AbortSignal | undefined
    const work = (given: AbortSignal): Promise<never> => {
      signal = given
      return never()
    }
    const outcome = track(withDeadline(work, 100, 'fallback', { clock }))
    clock.advance(99)
    await turns(1)
    expect([outcome.settled, signal?.aborted]).toEqual([false, false])
    clock.advance(1)
    expect(await outcome.promise).toBe('fallback')
    expect(signal?.reason).toMatchObject({ code: 'TIMEOUT', operation: 'withDeadline' })
    expect(clock.pendingMs).toEqual([])
  })

  it('0 milliseconds: work that answers at once has been in time, other work has not', async () => {
    const clock = createManualClock()
    expect(await withDeadline(async () => 5, 0, 'fallback', { clock })).toBe(5)
    const outcome = withDeadline(never, 0, 'fallback', { clock })
    clock.advance(0)
    expect(await outcome).toBe('fallback')
  })

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('work that %s: the fallback, at once', async (_how, work) => {
    const clock = createManualClock()
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    expect(await withDeadline(work, 100, 'fallback', { clock, onFailure })).toBe('fallback')
    expect(failures).toMatchObject([{ message: 'no' }])
    expect(clock.pendingMs).toEqual([])
  })

  it('a fallback that is a function gets the error', async () => {
    const error = new StoreError('BUSY', 'x')
    expect(
      await withDeadline(
        () => Promise.reject(error),
        100,
        (reason) => [reason],
      ),
    ).toEqual([error])
  })

  it('what a fallback function throws is the rejection: there is nothing else to give', async () => {
    const outcome = withDeadline(
      () => Promise.reject(new Error('first')),
      100,
      () => {
        throw new Error('second')
      },
    )
    await expect(outcome).rejects.toThrow('second')
  })

  it('undefined is a fallback too', async () => {
    expect(await withDeadline(() => Promise.reject(new Error('no')), 100, undefined)).toBeUndefined()
  })

  it('is of the types that it can be', () => {
    const text = async (): Promise<string> => 'x'
    expectTypeOf(() => withDeadline(text, 1, 5)).returns.resolves.toEqualTypeOf<string | number>()
    expectTypeOf(() => withDeadline(text, 1, () => 5)).returns.resolves.toEqualTypeOf<string | number>()
    expectTypeOf(() => withDeadline(text, 1, undefined)).returns.resolves.toEqualTypeOf<string | undefined>()
    expectTypeOf(() => withDeadline(() => 'x', 1, 'y')).returns.resolves.toEqualTypeOf<string>()
  })
})

describe("the caller's signal", () => {
  it('ends the waiting with the fallback, and the work hears why', async () => {
    const clock = createManualClock()
    const { signal, abort, listeners } = countedSignal()
    const failures: unknown[] = []
    const onFailure = (error: unknown): void => void failures.push(error)
    let given: AbortSignal | undefined
    const work = (its: AbortSignal): Promise<never> => {
      given = its
      return never()
    }
    const outcome = withDeadline(work, 100, 'fallback', { clock, signal, onFailure })
    abort('enough')
    expect(await outcome).toBe('fallback')
    expect(given?.reason).toBe('enough')
    expect(failures).toMatchObject([{ code: 'ABORTED', cause: 'enough' }])
    expect([clock.pendingMs, listeners()]).toEqual([[], 0])
  })

  it('that is aborted already: the work is not begun', async () => {
    let begun = false
    const work = (): void => {
      begun = true
    }
    expect(await withDeadline(work, 100, 'fallback', { signal: AbortSignal.abort() })).toBe('fallback')
    expect(begun).toBe(false)
  })

  it.each<[string, () => unknown]>([
    ['was in time', async () => 5],
    ['failed', () => Promise.reject(new Error('no'))],
  ])('has no listener left when the work %s', async (_what, work) => {
    const { signal, listeners } = countedSignal()
    await withDeadline(work, 100, 'fallback', { signal, clock: createManualClock() })
    expect(listeners()).toBe(0)
  })
})

it('what comes late is dropped: a result, and a rejection that would be nobody’s', async () => {
  const clock = createManualClock()
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const failures: unknown[] = []
    const settle: { resolve?: (value: string) => void; reject?: (error: Error) => void } = {}
    const options = { clock, onFailure: (error: unknown) => void failures.push(error) }
    const late = withDeadline(() => new Promise((resolve) => Object.assign(settle, { resolve })), 10, 'a', options)
    const failing = withDeadline(() => new Promise((_, reject) => Object.assign(settle, { reject })), 10, 'b', options)
    clock.advance(10)
    expect(await Promise.all([late, failing])).toEqual(['a', 'b'])
    settle.resolve?.('late')
    settle.reject?.(new Error('late'))
    await turns()
    expect(failures.length).toBe(2)
  } finally {
    process.off('unhandledRejection', note)
  }
  expect(unhandled).toEqual([])
})

it.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('mine')
    },
  ],
  ['rejects', () => Promise.reject(new Error('mine'))],
])('an onFailure that %s changes nothing', async (_how, onFailure) => {
  expect(await withDeadline(() => Promise.reject(new Error('no')), 100, 'fallback', { onFailure })).toBe('fallback')
  await turns()
})

describe('INVALID_ARGUMENT, before the work begins', () => {
  it.each<[string, unknown[]]>([
    ['NaN', [Number.NaN, 0]],
    ['infinity', [Number.POSITIVE_INFINITY, 0]],
    ['less than nothing', [-1, 0]],
    ['text', ['5', 0]],
    ['no time', [undefined, 0]],
    ['an unknown option', [5, 0, { timeoutMs: 5 }]],
    ['a signal that is none', [5, 0, { signal: {} }]],
    ['an onFailure that is none', [5, 0, { onFailure: 'log' }]],
    ['a clock that is none', [5, 0, { clock: Date }]],
    ['options that are none', [5, 0, null]],
  ])('%s', async (_what, args) => {
    let begun = false
    const work = (): void => {
      begun = true
    }
    expect(await codeOf(() => (withDeadline as (...args: unknown[]) => unknown)(work, ...args))).toBe(
      'INVALID_ARGUMENT',
    )
    expect(begun).toBe(false)
  })

  it('work that is none', async () => {
    expect(await codeOf(() => withDeadline(Promise.resolve(5) as never, 5, 0))).toBe('INVALID_ARGUMENT')
  })
})
