// The life of a store on its own: counting, draining, refusing. What close() makes of it is tested by the suite.
import { describe, expect, it } from 'vitest'
import { Lifecycle } from '../dist/store/lifecycle.js'
import { createManualClock, type ManualClock } from './support/manual-clock.ts'
import { codeOf, track, turns } from './support/outcome.ts'

interface Work {
  readonly running: Promise<unknown>
  end(): void
  fail(error: unknown): void
}

/** Something that is under way until it is told to end. */
function begin(lifecycle: Lifecycle): Work {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const running = lifecycle.run('work', () => promise)
  running.catch(() => undefined)
  return { running, end: resolve, fail: reject }
}

/** Work that ends when the lifecycle aborts it. */
function beginAbortable(lifecycle: Lifecycle): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<void>()
  lifecycle.signal.addEventListener('abort', () => reject(lifecycle.signal.reason), { once: true })
  const running = lifecycle.run('work', () => promise)
  running.catch(() => undefined)
  return running
}

function create(): { lifecycle: Lifecycle; clock: ManualClock; never: AbortSignal } {
  const clock = createManualClock()
  return { lifecycle: new Lifecycle(clock), clock, never: new AbortController().signal }
}

describe('counting', () => {
  it('goes up and down, also for what fails, even before it has begun', async () => {
    const { lifecycle } = create()
    const [a, b] = [begin(lifecycle), begin(lifecycle)]
    expect(lifecycle.inFlight).toBe(2)
    a.end()
    b.fail(new Error('no'))
    await Promise.allSettled([a.running, b.running])
    const thrown = lifecycle.run('work', () => {
      throw new Error('at once')
    })
    await expect(thrown).rejects.toThrow('at once')
    expect(lifecycle.inFlight).toBe(0)
  })

  it('tells how old the oldest is that holds something, and forgets it when it ends', () => {
    const { lifecycle, clock } = create()
    const leaveUnheard = lifecycle.enter()
    expect(lifecycle.oldestMs).toBe(undefined)
    const hear = (): (() => void) => lifecycle.enter(() => undefined)
    const leaveFirst = hear()
    clock.advance(30)
    const leaveSecond = hear()
    clock.advance(5)
    expect(lifecycle.oldestMs).toBe(35)
    leaveFirst()
    expect(lifecycle.oldestMs).toBe(5)
    leaveSecond()
    leaveUnheard()
    expect(lifecycle.oldestMs).toBe(undefined)
  })

  it('refuses work once it closes, and does not begin it', async () => {
    const { lifecycle } = create()
    let begun = false
    lifecycle.beginClosing()
    const refused = lifecycle.run('query', async () => {
      begun = true
    })
    expect(await codeOf(() => refused)).toBe('CLOSED')
    expect(await codeOf(() => lifecycle.assertOpen('query'))).toBe('CLOSED')
    expect([begun, lifecycle.inFlight]).toEqual([false, 0])
  })

  it('goes through its states in order', () => {
    const { lifecycle } = create()
    expect(lifecycle.status).toBe('open')
    lifecycle.beginClosing()
    expect(lifecycle.status).toBe('closing')
    lifecycle.finish()
    expect(lifecycle.status).toBe('closed')
  })
})

describe('draining', () => {
  it('is over at once with nothing under way, and sets no timer', async () => {
    const { lifecycle, clock, never } = create()
    expect(await lifecycle.drain(1000, never)).toBe(0)
    expect(clock.pendingMs).toEqual([])
  })

  it('waits for the last, aborts nobody, and leaves no timer', async () => {
    const { lifecycle, clock, never } = create()
    const [a, b] = [begin(lifecycle), begin(lifecycle)]
    lifecycle.beginClosing()
    const draining = track(lifecycle.drain(1000, never))
    a.end()
    await turns()
    expect(draining.settled).toBe(false)
    b.end()
    expect(await draining.promise).toBe(0)
    expect(lifecycle.signal.aborted).toBe(false)
    expect(clock.pendingMs).toEqual([])
  })

  it('aborts with CLOSED what is left when its time is up, waits for that too, and says how many', async () => {
    const { lifecycle, clock, never } = create()
    const stubborn = begin(lifecycle)
    const abortable = beginAbortable(lifecycle)
    const draining = track(lifecycle.drain(1000, never))
    clock.advance(999)
    await turns()
    expect(lifecycle.signal.aborted).toBe(false)
    clock.advance(1)
    expect(await codeOf(() => abortable)).toBe('CLOSED')
    await turns()
    expect(draining.settled).toBe(false)
    stubborn.end()
    expect(await draining.promise).toBe(2)
  })

  it('with no time at all aborts at the next turn of the clock', async () => {
    const { lifecycle, clock, never } = create()
    const abortable = beginAbortable(lifecycle)
    const draining = lifecycle.drain(0, never)
    clock.advance(0)
    expect(await draining).toBe(1)
    expect(await codeOf(() => abortable)).toBe('CLOSED')
  })

  it('is cut short by whoever is in a hurry, also if he was before', async () => {
    for (const early of [true, false]) {
      const { lifecycle, clock } = create()
      const hurry = new AbortController()
      const abortable = beginAbortable(lifecycle)
      if (early) hurry.abort()
      const draining = lifecycle.drain(1000, hurry.signal)
      if (!early) hurry.abort()
      expect(await draining).toBe(1)
      expect(await codeOf(() => abortable)).toBe('CLOSED')
      expect(clock.pendingMs).toEqual([])
    }
  })

  it('what ends in the last moment is not abandoned', async () => {
    const { lifecycle, clock, never } = create()
    const work = begin(lifecycle)
    const draining = lifecycle.drain(1000, never)
    work.end()
    await work.running
    clock.advance(1000)
    expect(await draining).toBe(0)
    expect(lifecycle.signal.aborted).toBe(false)
  })
})
