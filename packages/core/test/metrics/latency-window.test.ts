// Percentiles against those of sorted numbers, the window by a clock that stands still, and what cannot be counted.
import { describe, expect, it } from 'vitest'
import { LatencyWindow } from '../../dist/metrics/latency-window.js'
import { createManualClock } from '../support/manual-clock.ts'

function create() {
  const clock = createManualClock()
  return { clock, window: new LatencyWindow(clock) }
}

/** The smallest of `values` that `rank` percent of them do not exceed. */
function percentile(values: readonly number[], rank: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)] as number
}

/** Whether it is right to 1 %, and to the tenth of a microsecond in which it counts. */
function isClose(actual: number | undefined, expected: number): boolean {
  return Math.abs((actual ?? Number.NaN) - expected) <= expected * 0.01 + 0.0001
}

describe('LatencyWindow', () => {
  it('without any there is the count alone', () => {
    expect(create().window.snapshot()).toEqual({ windowMs: 60_000, count: 0 })
  })

  it.each<[string, (index: number) => number]>([
    ['all the same', () => 5],
    ['nothing but zeros', () => 0],
    ['very short', (index) => index / 10_000],
    ['around the end of the table', (index) => 0.19 + index / 50_000],
    ['from microseconds to minutes', (index) => 1.02 ** index / 1000],
    ['mostly short, few long', (index) => (index % 100 === 99 ? 2000 + index : 0.004)],
    ['long', (index) => 1000 + index * 37],
  ])('%s: percentiles are right to 1 %%', (_what, duration) => {
    const { clock, window } = create()
    const values = Array.from({ length: 1000 }, (_, index) => duration((index * 7919) % 1000))
    values.forEach((value, index) => {
      if (index % 200 === 0) clock.advance(9000)
      window.record(value)
    })
    const { count, p50Ms, p95Ms, p99Ms, maxMs } = window.snapshot()
    expect(count).toBe(1000)
    for (const [actual, rank] of [
      [p50Ms, 50],
      [p95Ms, 95],
      [p99Ms, 99],
      [maxMs, 100],
    ] as const) {
      expect([rank, actual, isClose(actual, percentile(values, rank))]).toEqual([rank, actual, true])
    }
    expect(p50Ms as number).toBeLessThanOrEqual(p95Ms as number)
    expect(p95Ms as number).toBeLessThanOrEqual(p99Ms as number)
    expect(p99Ms as number).toBeLessThanOrEqual(maxMs as number)
  })

  it('one of each size is all of them', () => {
    const { window } = create()
    window.record(0.003)
    expect(window.snapshot()).toEqual({
      windowMs: 60_000,
      count: 1,
      p50Ms: 0.003,
      p95Ms: 0.003,
      p99Ms: 0.003,
      maxMs: 0.003,
    })
  })

  it('what was recorded is gone when its time is over, short or long, and looked at meanwhile or not', () => {
    for (const duration of [0.01, 500]) {
      for (const looks of [false, true]) {
        const { clock, window } = create()
        window.record(duration)
        clock.advance(59_999)
        if (looks) expect(window.snapshot().count).toBe(1)
        clock.advance(1)
        expect(window.snapshot()).toEqual({ windowMs: 60_000, count: 0 })
      }
    }
  })

  it('what came just before the window moved counts for the time before', () => {
    const { clock, window } = create()
    window.record(0.01)
    clock.advance(9999)
    window.record(0.02)
    clock.advance(1)
    window.record(0.03)
    clock.advance(49_999)
    expect(window.snapshot()).toMatchObject({ count: 3 })
    clock.advance(1)
    expect(window.snapshot()).toMatchObject({ count: 1, maxMs: 0.03 })
  })

  it('counts an hour at most, and nothing below zero', () => {
    const { window } = create()
    window.record(Number.POSITIVE_INFINITY)
    window.record(1e12)
    expect(isClose(window.snapshot().maxMs, 3_600_000)).toBe(true)
    window.reset()
    window.record(-5)
    expect(window.snapshot()).toMatchObject({ count: 1, maxMs: 0, p50Ms: 0 })
  })

  it('a reset forgets short and long ones', () => {
    const { window } = create()
    window.record(0.01)
    window.record(1000)
    window.reset()
    expect(window.snapshot()).toEqual({ windowMs: 60_000, count: 0 })
    window.record(2)
    expect(window.snapshot().count).toBe(1)
  })

  it('a snapshot cannot be changed, and does not go on counting', () => {
    const { window } = create()
    window.record(1)
    const before = window.snapshot()
    window.record(1)
    expect([before.count, Object.isFrozen(before)]).toEqual([1, true])
    expect(Object.isFrozen(new LatencyWindow(createManualClock()).snapshot())).toBe(true)
  })

  it('takes the time that it is given, and then does not ask the clock', () => {
    const clock = createManualClock()
    let looks = 0
    const window = new LatencyWindow({
      ...clock,
      monotonicMs: () => {
        looks++
        return clock.monotonicMs()
      },
    })
    looks = 0
    for (let nowMs = 0; nowMs < 200_000; nowMs += 100) window.record(0.01, nowMs)
    expect(looks).toBe(0)
  })
})
