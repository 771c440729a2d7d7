// How a window moves: what is in it when, and that its memory is bounded. What a slice holds is the business of others.
import { describe, expect, it } from 'vitest'
import { SlidingWindow, WINDOW_DEFAULTS } from '../../dist/metrics/sliding-window.js'
import { createManualClock } from '../support/manual-clock.ts'

function create(windowMs = 60, sliceCount = 6) {
  const clock = createManualClock()
  let created = 0
  const window = new SlidingWindow<number[]>(
    clock,
    () => {
      created++
      return []
    },
    { windowMs, sliceCount },
  )
  const seen = (): number[] =>
    window
      .slices()
      .flat()
      .sort((a, b) => a - b)
  return { clock, window, seen, created: () => created }
}

describe('SlidingWindow', () => {
  it('has a minute in six steps unless told otherwise', () => {
    expect(WINDOW_DEFAULTS).toEqual({ windowMs: 60_000, sliceCount: 6 })
    expect(new SlidingWindow(createManualClock(), () => 0).windowMs).toBe(60_000)
  })

  it('keeps what is recorded for at least five sixths of its time, and for no longer than that', () => {
    const { clock, window, seen } = create()
    clock.advance(9)
    window.current().push(1)
    clock.advance(50)
    expect(seen()).toEqual([1])
    clock.advance(1)
    expect(seen()).toEqual([])
  })

  it('drops a slice at a time', () => {
    const { clock, window, seen } = create()
    for (let slice = 0; slice < 6; slice++) {
      window.current().push(slice)
      clock.advance(10)
    }
    expect(seen()).toEqual([1, 2, 3, 4, 5])
    clock.advance(25)
    expect(seen()).toEqual([3, 4, 5])
  })

  it('is empty after any longer time, and records as before', () => {
    for (const ms of [60, 61, 119, 120, 1_000_000_007]) {
      const { clock, window, seen } = create()
      window.current().push(1)
      clock.advance(ms)
      expect(seen()).toEqual([])
      window.current().push(2)
      expect(seen()).toEqual([2])
    }
  })

  it('makes as many slices as it has, however long the time was', () => {
    const { clock, window, created } = create()
    expect(created()).toBe(6)
    clock.advance(1_000_000)
    window.current()
    expect(created()).toBe(12)
    window.current()
    expect(created()).toBe(12)
  })

  it('takes the time that it is given instead of looking', () => {
    const { window, seen } = create()
    window.current(0).push(1)
    window.current(35).push(2)
    expect(window.endsMs).toBe(40)
    expect(window.latest).toEqual([2])
    expect(seen()).toEqual([1, 2])
  })

  it('a reset forgets, and the next slice ends when it would have', () => {
    const { clock, window, seen } = create()
    clock.advance(5)
    window.current().push(1)
    window.reset()
    expect(seen()).toEqual([])
    expect(window.endsMs).toBe(10)
  })
})
