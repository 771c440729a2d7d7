// What an aborted signal means, and waiting under one. The deadline that makes such signals has a file of its own.
import { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { abortError, assertNotAborted, raceAbort } from '../dist/abort/abort-error.js'
import { delay } from '../dist/abort/system-clock.js'
import { yieldToLoop } from '../dist/loop/yield-to-loop.js'
import { countedSignal } from './support/counted-signal.ts'
import { createManualClock } from './support/manual-clock.ts'
import { codeOf, failureOf, track, turns } from './support/outcome.ts'

describe('abortError', () => {
  it("the caller's reason becomes the cause of an ABORTED", () => {
    for (const reason of [new Error('stop'), 'stop', { why: 1 }, 0, false]) {
      const error = abortError(AbortSignal.abort(reason), 'query')
      expect(error).toMatchObject({ code: 'ABORTED', operation: 'query', retryable: false })
      expect(error.cause).toBe(reason)
    }
  })

  it('without a reason the cause is the one that the platform gives', () => {
    const { cause } = abortError(AbortSignal.abort(), 'query')
    expect((cause as Error).name).toBe('AbortError')
  })

  it('a StoreError speaks for itself: TIMEOUT and CLOSED are told as such', () => {
    for (const code of ['TIMEOUT', 'CLOSED'] as const) {
      const reason = new StoreError(code, 'x')
      expect(abortError(AbortSignal.abort(reason), 'query')).toBe(reason)
    }
  })

  it('the deadline of the platform is an abort like any other: it is the caller who brought it', () => {
    const reason = new DOMException('late', 'TimeoutError')
    expect(abortError(AbortSignal.abort(reason), 'query')).toMatchObject({ code: 'ABORTED', cause: reason })
  })

  it('assertNotAborted lets pass what is not aborted', async () => {
    assertNotAborted(undefined, 'query')
    assertNotAborted(new AbortController().signal, 'query')
    expect(await codeOf(() => assertNotAborted(AbortSignal.abort(), 'query'))).toBe('ABORTED')
  })
})

describe('raceAbort', () => {
  it('settles like the promise, and listens no more', async () => {
    const { signal, listeners } = countedSignal()
    expect(await raceAbort(Promise.resolve(5), signal, 'query')).toBe(5)
    await expect(raceAbort(Promise.reject(new Error('no')), signal, 'query')).rejects.toThrow('no')
    await turns(1)
    expect(listeners()).toBe(0)
  })

  it('rejects at once when the signal aborts; the rejection that comes later is nobody’s surprise', async () => {
    const { signal, abort } = countedSignal()
    let fail: (error: Error) => void = () => undefined
    const racing = raceAbort(new Promise((_, reject) => (fail = reject)), signal, 'query')
    abort()
    expect(await codeOf(() => racing)).toBe('ABORTED')
    fail(new Error('late'))
    await turns()
  })

  it('rejects under a signal that is aborted already, even beside a settled promise', async () => {
    expect(await codeOf(() => raceAbort(Promise.resolve(5), AbortSignal.abort(), 'query'))).toBe('ABORTED')
  })
})

describe('delay', () => {
  const onAbort = (): Error => new StoreError('ABORTED', 'x')

  it('waits for exactly its time, then listens no more', async () => {
    const clock = createManualClock()
    const { signal, listeners } = countedSignal()
    const waiting = track(delay(clock, 10, signal, onAbort))
    clock.advance(9)
    await turns(1)
    expect(waiting.settled).toBe(false)
    clock.advance(1)
    await waiting.promise
    expect(listeners()).toBe(0)
  })

  it('ends with the abort and clears its timer', async () => {
    const clock = createManualClock()
    const { signal, abort } = countedSignal()
    const waiting = delay(clock, 10, signal, onAbort)
    abort()
    expect(await codeOf(() => waiting)).toBe('ABORTED')
    expect(clock.pendingMs).toEqual([])
  })

  it('sets no timer under a signal that is aborted already', async () => {
    const clock = createManualClock()
    const error = await failureOf(() => delay(clock, 10, AbortSignal.abort(), onAbort))
    expect(error.code).toBe('ABORTED')
    expect(clock.pendingMs).toEqual([])
  })
})

it('yieldToLoop lets a timer that is due run', async () => {
  let ran = false
  const due = new Promise<void>((resolve) => {
    setTimeout(() => {
      ran = true
      resolve()
    }, 0)
  })
  // However many turns that takes: awaiting settled promises instead would never get there.
  while (!ran) await yieldToLoop()
  await due
})
