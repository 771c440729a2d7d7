// One signal out of a caller's signal, its deadline and the store's own: who aborts it, as what, and what is left
// behind. What an operation does under it is the suite's.
import { StoreError, systemClock } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { abortError } from '../dist/abort/abort-error.js'
import { assertContext, openDeadline } from '../dist/abort/deadline.js'
import { countedSignal } from './support/counted-signal.ts'
import { createManualClock } from './support/manual-clock.ts'
import { codeOf } from './support/outcome.ts'

describe('openDeadline', () => {
  it('is the very signal where there is only one', () => {
    const { signal } = new AbortController()
    using alone = openDeadline({ signal }, createManualClock(), 'query')
    expect(alone.signal).toBe(signal)
    using others = openDeadline({}, createManualClock(), 'query', signal)
    expect(others.signal).toBe(signal)
  })

  it('without anything never aborts', () => {
    const clock = createManualClock()
    using deadline = openDeadline({}, clock, 'query')
    clock.advance(1e9)
    expect(deadline.signal.aborted).toBe(false)
  })

  it('ends with TIMEOUT at its time, not before', () => {
    const clock = createManualClock()
    using deadline = openDeadline({ timeoutMs: 100 }, clock, 'query')
    clock.advance(99)
    expect(deadline.signal.aborted).toBe(false)
    clock.advance(1)
    expect(abortError(deadline.signal, 'query')).toMatchObject({ code: 'TIMEOUT', operation: 'query' })
  })

  it('a timeout of 0 ends with the next turn of the clock', () => {
    const clock = createManualClock()
    using deadline = openDeadline({ timeoutMs: 0 }, clock, 'query')
    clock.advance(0)
    expect(abortError(deadline.signal, 'query').code).toBe('TIMEOUT')
  })

  it.each([
    ['the caller', 'ABORTED'],
    ['the deadline', 'TIMEOUT'],
    ['the store', 'CLOSED'],
  ])('%s first: %s, whatever comes after', (first, code) => {
    const clock = createManualClock()
    const [caller, store] = [new AbortController(), new AbortController()]
    using deadline = openDeadline({ signal: caller.signal, timeoutMs: 10 }, clock, 'query', store.signal)
    const enders: Readonly<Record<string, () => void>> = {
      'the caller': () => caller.abort(),
      'the deadline': () => clock.advance(10),
      'the store': () => store.abort(new StoreError('CLOSED', 'x')),
    }
    enders[first]?.()
    for (const end of Object.values(enders)) end()
    expect(abortError(deadline.signal, 'query').code).toBe(code)
  })

  it('is aborted from the start under a signal that is', () => {
    using deadline = openDeadline({ signal: AbortSignal.abort(), timeoutMs: 5 }, createManualClock(), 'query')
    expect(deadline.signal.aborted).toBe(true)
  })

  it('leaves no timer behind when it is disposed of, however it ended', () => {
    const clock = createManualClock()
    const caller = new AbortController()
    {
      using _done = openDeadline({ timeoutMs: 10 }, clock, 'query')
      using _aborted = openDeadline({ timeoutMs: 20, signal: caller.signal }, clock, 'query')
      caller.abort()
      expect(clock.pendingMs).toContain(10)
    }
    expect(clock.pendingMs).toEqual([])
  })

  it.each([
    ['with a deadline', { timeoutMs: 10 }],
    ['with two signals', {}],
  ])('leaves no listener behind when it is disposed of: %s', (_what, ctx) => {
    const [caller, store] = [countedSignal(), countedSignal()]
    const deadline = openDeadline({ ...ctx, signal: caller.signal }, createManualClock(), 'query', store.signal)
    expect([caller.listeners(), store.listeners()]).toEqual([1, 1])
    deadline[Symbol.dispose]()
    expect([caller.listeners(), store.listeners()]).toEqual([0, 0])
  })

  it('disposed of, it no longer ends', () => {
    const clock = createManualClock()
    const deadline = openDeadline({ timeoutMs: 10 }, clock, 'query')
    deadline[Symbol.dispose]()
    clock.advance(100)
    expect(deadline.signal.aborted).toBe(false)
  })
})

describe('contexts that are none', () => {
  it.each([
    ['a signal that is no signal', { signal: {} }],
    ['a controller instead of its signal', { signal: new AbortController() }],
    ['null as signal', { signal: null }],
    ['text as time', { timeoutMs: '5' }],
    ['null as time', { timeoutMs: null }],
    ['NaN', { timeoutMs: Number.NaN }],
    ['infinity', { timeoutMs: Number.POSITIVE_INFINITY }],
    ['less than nothing', { timeoutMs: -1 }],
    ['an unknown name', { timeout: 5 }],
    ['null', null],
    ['text', 'fast'],
  ])('%s', async (_what, ctx) => {
    expect(await codeOf(() => assertContext(ctx as never, 'query'))).toBe('INVALID_ARGUMENT')
  })

  it('undefined is not given', () => {
    expect(() => assertContext({ signal: undefined, timeoutMs: undefined }, 'query')).not.toThrow()
  })
})

describe('the clock of the runtime', () => {
  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 1e12, Number.MAX_SAFE_INTEGER])(
    'a timer of %d ms does not fire now: setTimeout alone would, beyond 2^31',
    async (delayMs) => {
      let fired = false
      const timer = systemClock.setTimer(() => {
        fired = true
      }, delayMs)
      // A timer of one millisecond, which is what an overflow is turned into, is due before this one.
      await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 2))
      systemClock.clearTimer(timer)
      expect(fired).toBe(false)
    },
  )

  it('never goes back, and forgets a timer that has fired without complaint', async () => {
    const before = systemClock.monotonicMs()
    let timer: unknown
    await new Promise<void>((resolve) => {
      timer = systemClock.setTimer(resolve, 0)
    })
    systemClock.clearTimer(timer)
    systemClock.clearTimer(undefined)
    expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before)
  })
})
