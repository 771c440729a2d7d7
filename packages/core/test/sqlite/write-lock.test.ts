// The write lock alone: order, fairness, time. Who takes it when, and what NESTED_USE makes of its holder, is tested by
// the suite.
import { describe, expect, it } from 'vitest'
import { type LockHolder, WriteLock } from '../../dist/sqlite/write-lock.js'
import { createManualClock } from '../support/manual-clock.ts'
import { codeOf, failureOf, track, turns } from '../support/outcome.ts'

const holder = (label: string): LockHolder => ({ label })

function create(timeoutMs = 1000) {
  const clock = createManualClock()
  return { clock, lock: new WriteLock(clock, timeoutMs) }
}

describe('order', () => {
  it('first come, first served; each release hands it to the next', async () => {
    const { lock } = create()
    const holders = ['a', 'b', 'c'].map(holder)
    const order: (string | undefined)[] = []
    const waiting = holders.map((one) => lock.acquire(one, undefined).then(() => order.push(lock.holder?.label)))
    await turns(1)
    expect([lock.holder, lock.waiting]).toEqual([holders[0], 2])
    for (const _ of holders) {
      lock.release()
      await turns(1)
    }
    await Promise.all(waiting)
    expect(order).toEqual(['a', 'b', 'c'])
    expect([lock.holder, lock.waiting]).toEqual([undefined, 0])
  })

  it('tryAcquire takes a free lock only', () => {
    const { lock } = create()
    expect([lock.tryAcquire(holder('a')), lock.tryAcquire(holder('b'))]).toEqual([true, false])
    expect(lock.holder?.label).toBe('a')
  })

  it('tryAcquire does not jump the queue, not even between a release and the turn of who waited', async () => {
    const { lock } = create()
    await lock.acquire(holder('a'), undefined)
    const b = lock.acquire(holder('b'), undefined)
    expect(lock.tryAcquire(holder('c'))).toBe(false)
    lock.release()
    expect(lock.tryAcquire(holder('c'))).toBe(false)
    await b
    expect(lock.holder?.label).toBe('b')
  })
})

describe('giving up', () => {
  it('BUSY at the time limit, saying who holds it', async () => {
    const { clock, lock } = create(1000)
    await lock.acquire(holder('the report of Q3'), undefined)
    const waiting = track(lock.acquire(holder('b'), undefined))
    clock.advance(999)
    await turns(1)
    expect(waiting.settled).toBe(false)
    clock.advance(1)
    const error = await failureOf(() => waiting.promise)
    expect(error).toMatchObject({ code: 'BUSY', retryable: true })
    expect(error.message).toContain('the report of Q3')
    expect([lock.waiting, clock.pendingMs.length]).toEqual([0, 0])
  })

  it('a limit of 0 fails at once, sets no timer and queues nobody', async () => {
    const { clock, lock } = create(0)
    await lock.acquire(holder('a'), undefined)
    expect(await codeOf(() => lock.acquire(holder('b'), undefined))).toBe('BUSY')
    expect([lock.waiting, clock.pendingMs.length]).toEqual([0, 0])
  })

  it('an aborted waiter leaves, and the others keep their places', async () => {
    const { lock } = create()
    const controller = new AbortController()
    await lock.acquire(holder('a'), undefined)
    const b = lock.acquire(holder('b'), controller.signal)
    const c = lock.acquire(holder('c'), undefined)
    controller.abort()
    expect(await codeOf(() => b)).toBe('ABORTED')
    lock.release()
    await c
    expect(lock.holder?.label).toBe('c')
  })

  it('an abort in the very turn of the hand-over does not lose the lock', async () => {
    const { lock } = create()
    const controller = new AbortController()
    await lock.acquire(holder('a'), undefined)
    const b = lock.acquire(holder('b'), controller.signal)
    lock.release()
    controller.abort()
    await b
    expect(lock.holder?.label).toBe('b')
    lock.release()
    expect(lock.tryAcquire(holder('c'))).toBe(true)
  })
})

describe('time behind our own maintenance', () => {
  it('does not count, whether the wait began before or during it', async () => {
    const { clock, lock } = create(100)
    await lock.acquire(holder('maintenance'), undefined)
    const before = track(lock.acquire(holder('before'), undefined))
    clock.advance(60)
    lock.exempt()
    const during = track(lock.acquire(holder('during'), undefined))
    clock.advance(10_000)
    await turns(1)
    expect([before.settled, during.settled]).toEqual([false, false])
    lock.release()
    await before.promise
    // Sixty of its hundred had gone before; the next waits behind it for a hundred of its own.
    clock.advance(99)
    await turns(1)
    expect(during.settled).toBe(false)
    clock.advance(1)
    expect(await codeOf(() => during.promise)).toBe('BUSY')
  })

  it('with a limit of 0 the wait lasts as long as the maintenance, and not longer', async () => {
    const { clock, lock } = create(0)
    await lock.acquire(holder('maintenance'), undefined)
    lock.exempt()
    const first = lock.acquire(holder('first'), undefined)
    const second = track(lock.acquire(holder('second'), undefined))
    clock.advance(5000)
    lock.release()
    await first
    clock.advance(1)
    expect(await codeOf(() => second.promise)).toBe('BUSY')
    expect(clock.pendingMs).toEqual([])
  })

  it('ends with the release: the next holder’s time counts again', async () => {
    const { clock, lock } = create(100)
    await lock.acquire(holder('maintenance'), undefined)
    lock.exempt()
    lock.release()
    await lock.acquire(holder('a'), undefined)
    const waiting = lock.acquire(holder('b'), undefined)
    clock.advance(100)
    expect(await codeOf(() => waiting)).toBe('BUSY')
  })

  it('hears of each one who comes to wait, also of those who wait already, and of nobody after its end', async () => {
    const { lock } = create()
    let heard = 0
    await lock.acquire(holder('maintenance'), undefined)
    const waiting = [lock.acquire(holder('early'), undefined)]
    lock.exempt(() => heard++)
    expect(heard).toBe(1)
    waiting.push(lock.acquire(holder('late'), undefined))
    expect(heard).toBe(2)
    lock.release()
    waiting.push(lock.acquire(holder('after'), undefined))
    expect(heard).toBe(2)
    for (const one of waiting) {
      await one
      lock.release()
    }
  })
})

it('measures who had to wait, and for how long, whichever way it ended', async () => {
  const { clock, lock } = create(100)
  await lock.acquire(holder('a'), undefined)
  expect(lock.stats()).toMatchObject({ waiting: 0, peakWaiting: 0, recentPeakWaiting: 0, wait: { count: 0 } })
  const granted = lock.acquire(holder('b'), undefined)
  clock.advance(30)
  expect(lock.stats()).toMatchObject({ waiting: 1, peakWaiting: 1, wait: { count: 0 } })
  lock.release()
  await granted
  const refused = lock.acquire(holder('c'), undefined)
  clock.advance(100)
  await codeOf(() => refused)
  expect(lock.stats()).toMatchObject({ waiting: 0, peakWaiting: 1, wait: { count: 2 } })
  expect(Math.round(lock.stats().wait.p50Ms ?? 0)).toBe(30)
  expect(Math.round(lock.stats().wait.maxMs ?? 0)).toBe(100)
  lock.resetStats()
  expect(lock.stats()).toMatchObject({ waiting: 0, peakWaiting: 0, recentPeakWaiting: 0, wait: { count: 0 } })
})

it('whoever is there already when the measures are reset still waits', async () => {
  const { lock } = create(100)
  await lock.acquire(holder('a'), undefined)
  const waiting = ['b', 'c'].map((label) => lock.acquire(holder(label), undefined))
  lock.resetStats()
  expect(lock.stats()).toMatchObject({ waiting: 2, peakWaiting: 2, recentPeakWaiting: 2 })
  for (const one of waiting) {
    lock.release()
    await one
  }
  expect(lock.stats()).toMatchObject({ waiting: 0, peakWaiting: 2, wait: { count: 2 } })
})
