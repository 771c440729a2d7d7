// Waiting for a lock of another process, by a clock that stands still: how often it is tried, when it ends, as what.
// Which errors count as busy is tested with the result codes.
import { describe, expect, it } from 'vitest'
import { type BusyPolicy, retryWhileBusy } from '../../dist/sqlite/busy-wait.js'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { failureOf, track, turns } from '../support/outcome.ts'

class Busy extends Error {}

function create(timeoutMs = 1000): { clock: ManualClock; policy: BusyPolicy } {
  const clock = createManualClock()
  return { clock, policy: { clock, timeoutMs, isBusy: (error) => error instanceof Busy } }
}

/** Busy for the first `count` attempts. */
function busyFor(count: number): { attempt: () => string; attempts: () => number } {
  let attempts = 0
  return {
    attempts: () => attempts,
    attempt: () => {
      if (attempts++ < count) throw new Busy(`${attempts}`)
      return 'done'
    },
  }
}

/** Lets the next attempt come, without passing more time than its delay; answers that delay. */
async function nextAttempt(clock: ManualClock): Promise<number> {
  const [delayMs = Number.NaN] = clock.pendingMs
  clock.advance(delayMs)
  await turns(1)
  return delayMs
}

describe('retryWhileBusy', () => {
  it('tries at once, and sets no timer when that does', async () => {
    const { clock, policy } = create()
    expect(await retryWhileBusy(policy, undefined, () => 'done')).toBe('done')
    expect(clock.pendingMs).toEqual([])
  })

  it('tries again until it does, with delays that grow from about 1 to about 10 ms', async () => {
    const { clock, policy } = create()
    const { attempt, attempts } = busyFor(12)
    const running = track(retryWhileBusy(policy, undefined, attempt))
    await turns(1)
    const delays: number[] = []
    while (!running.settled) delays.push(await nextAttempt(clock))
    expect(await running.promise).toBe('done')
    expect([attempts(), delays.length]).toEqual([13, 12])
    // Jitter of half up and down; the base doubles up to 10.
    for (const [n, delayMs] of delays.entries()) {
      const baseMs = Math.min(10, 2 ** n)
      expect(delayMs).toBeGreaterThanOrEqual(baseMs * 0.5)
      expect(delayMs).toBeLessThanOrEqual(baseMs * 1.5)
    }
  })

  it('two that wait for the same do not wait in step', async () => {
    const { clock, policy } = create()
    const waiting = Array.from({ length: 8 }, () => track(retryWhileBusy(policy, undefined, busyFor(1).attempt)))
    await turns(1)
    expect(new Set(clock.pendingMs).size).toBeGreaterThan(1)
    clock.advance(100)
    await Promise.all(waiting.map(({ promise }) => promise))
  })

  it('ends with what was said last when time is up', async () => {
    const { clock, policy } = create(100)
    const { attempt, attempts } = busyFor(Number.POSITIVE_INFINITY)
    const running = track(retryWhileBusy(policy, undefined, attempt))
    await turns(1)
    while (!running.settled) await nextAttempt(clock)
    await expect(running.promise).rejects.toThrow(`${attempts()}`)
    await expect(running.promise).rejects.toBeInstanceOf(Busy)
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(100)
    expect(clock.monotonicMs()).toBeLessThanOrEqual(115)
    expect(clock.pendingMs).toEqual([])
  })

  it('a timeout of 0 is one attempt', async () => {
    const { clock, policy } = create(0)
    const { attempt, attempts } = busyFor(1)
    await expect(retryWhileBusy(policy, undefined, attempt)).rejects.toBeInstanceOf(Busy)
    expect([attempts(), clock.pendingMs.length]).toEqual([1, 0])
  })

  it('what is not busy passes at once, first or later', async () => {
    const { clock, policy } = create()
    const broken = new TypeError('broken')
    await expect(
      retryWhileBusy(policy, undefined, () => {
        throw broken
      }),
    ).rejects.toBe(broken)
    let attempts = 0
    const running = retryWhileBusy(policy, undefined, () => {
      throw attempts++ === 0 ? new Busy() : broken
    })
    await turns(1)
    clock.advance(2)
    await expect(running).rejects.toBe(broken)
  })

  it('ends with the signal while it waits, clears its timer, and tries no more', async () => {
    const { clock, policy } = create()
    const controller = new AbortController()
    const { attempt, attempts } = busyFor(Number.POSITIVE_INFINITY)
    const running = retryWhileBusy(policy, controller.signal, attempt)
    await turns(1)
    controller.abort(new Error('enough'))
    const error = await failureOf(() => running)
    expect([error.code, (error.cause as Error).message]).toEqual(['ABORTED', 'enough'])
    clock.advance(1000)
    expect([attempts(), clock.pendingMs.length]).toEqual([1, 0])
  })
})
