// Who waits: order, signal, time, and that nothing is left behind. What is waited for is the business of the write lock
// and of the reader pool.
import { StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { type WaitLimit, WaitQueue } from '../../dist/session/wait-queue.js'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { codeOf, failureOf, track, turns } from '../support/outcome.ts'

function create(): { clock: ManualClock; queue: WaitQueue<string, number>; limit: (ms: number) => WaitLimit } {
  const clock = createManualClock()
  const limit = (ms: number): WaitLimit => {
    const startedMs = clock.monotonicMs()
    return {
      leftMs: () => ms - (clock.monotonicMs() - startedMs),
      error: () => new StoreError('BUSY', 'time is up'),
    }
  }
  return { clock, queue: new WaitQueue(clock), limit }
}

describe('WaitQueue', () => {
  it('first come, first served', async () => {
    const { queue, limit } = create()
    const order: string[] = []
    for (const name of ['a', 'b', 'c']) {
      void queue.wait(name, limit(100), undefined, 'x').then((grant) => order.push(`${name}${grant}`))
    }
    expect(queue.size).toBe(3)
    for (const grant of [1, 2, 3]) queue.shift()?.grant(grant)
    await turns(1)
    expect(order).toEqual(['a1', 'b2', 'c3'])
    expect([queue.size, queue.shift()]).toEqual([0, undefined])
  })

  it('tells what each one asks for', async () => {
    const { queue, limit } = create()
    const waiting = queue.wait('the writer', limit(100), undefined, 'x')
    const first = queue.shift()
    expect(first?.request).toBe('the writer')
    first?.grant(1)
    expect(await waiting).toBe(1)
  })

  it('ends at its time, not before, and leaves the others in their order', async () => {
    const { clock, queue, limit } = create()
    const short = track(queue.wait('short', limit(10), undefined, 'x'))
    const long = queue.wait('long', limit(20), undefined, 'x')
    clock.advance(9)
    await turns(1)
    expect(short.settled).toBe(false)
    clock.advance(1)
    expect(await codeOf(() => short.promise)).toBe('BUSY')
    expect(queue.size).toBe(1)
    queue.shift()?.grant(1)
    expect(await long).toBe(1)
    expect(clock.pendingMs).toEqual([])
  })

  it('asks again when its time seems to be over: what was exempt does not count', async () => {
    const { clock, queue } = create()
    let leftMs = 10
    const waiting = track(
      queue.wait('a', { leftMs: () => leftMs, error: () => new StoreError('BUSY', 'x') }, undefined, 'x'),
    )
    clock.advance(10)
    leftMs = 5
    await turns(1)
    clock.advance(5)
    expect(waiting.settled).toBe(false)
    leftMs = 0
    clock.advance(10)
    expect(await codeOf(() => waiting.promise)).toBe('BUSY')
  })

  it('ends with its signal, wherever it stands, and the timer with it', async () => {
    const { clock, queue, limit } = create()
    const controllers = ['a', 'b', 'c'].map(() => new AbortController())
    const waiting = controllers.map(({ signal }, n) => track(queue.wait(`${n}`, limit(100), signal, 'the lock')))
    const reason = new Error('enough')
    controllers[1]?.abort(reason)
    const error = await failureOf(() => waiting[1]?.promise)
    expect(error).toMatchObject({ code: 'ABORTED', operation: 'the lock', cause: reason })
    expect(queue.size).toBe(2)
    expect([queue.shift()?.request, queue.shift()?.request]).toEqual(['0', '2'])
    expect(clock.pendingMs).toHaveLength(0)
  })

  it('does not queue under a signal that is aborted already', async () => {
    const { clock, queue, limit } = create()
    expect(await codeOf(() => queue.wait('a', limit(100), AbortSignal.abort(), 'x'))).toBe('ABORTED')
    expect([queue.size, clock.pendingMs.length]).toEqual([0, 0])
  })

  it('whoever has been granted something keeps it, whatever ends afterwards', async () => {
    const { clock, queue, limit } = create()
    const controller = new AbortController()
    const waiting = queue.wait('a', limit(10), controller.signal, 'x')
    queue.shift()?.grant(7)
    controller.abort()
    clock.advance(100)
    expect(await waiting).toBe(7)
    expect(clock.pendingMs).toEqual([])
  })
})
