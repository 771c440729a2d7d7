// A gauge and its peaks by a clock that stands still.
import { describe, expect, it } from 'vitest'
import { PeakWindow } from '../../dist/metrics/peak-window.js'
import { createManualClock } from '../support/manual-clock.ts'

function create() {
  const clock = createManualClock()
  const gauge = new PeakWindow(clock)
  return { clock, gauge, seen: () => [gauge.value, gauge.recentPeak, gauge.peak] }
}

describe('PeakWindow', () => {
  it('begins with nothing', () => {
    expect(create().seen()).toEqual([0, 0, 0])
  })

  it('keeps the highest: of late for a minute, else for good', () => {
    const { clock, gauge, seen } = create()
    for (const value of [1, 5, 2, 0]) gauge.set(value)
    expect(seen()).toEqual([0, 5, 5])
    clock.advance(30_000)
    gauge.set(3)
    expect(seen()).toEqual([3, 5, 5])
    gauge.set(0)
    clock.advance(30_000)
    expect(seen()).toEqual([0, 3, 5])
    clock.advance(60_000)
    expect(seen()).toEqual([0, 0, 5])
  })

  it('what the gauge goes on showing is of late, however long ago it rose', () => {
    const { clock, gauge, seen } = create()
    gauge.set(4)
    clock.advance(1_000_000)
    expect(seen()).toEqual([4, 4, 4])
    gauge.set(1)
    expect(seen()).toEqual([1, 4, 4])
    clock.advance(59_999)
    expect(seen()).toEqual([1, 4, 4])
    clock.advance(1)
    expect(seen()).toEqual([1, 1, 4])
  })

  it('a reset begins with what the gauge shows', () => {
    const { clock, gauge, seen } = create()
    gauge.set(9)
    gauge.set(2)
    gauge.reset()
    expect(seen()).toEqual([2, 2, 2])
    gauge.set(1)
    expect(seen()).toEqual([1, 2, 2])
    clock.advance(60_000)
    expect(seen()).toEqual([1, 1, 2])
  })
})
