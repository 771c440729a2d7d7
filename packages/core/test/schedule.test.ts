// When a run is due, and the timer that waits for it.
import { describe, expect, it } from 'vitest'
import { BackgroundTimer } from '../dist/service/background-timer.js'
import { createCronSchedule, createIntervalSchedule } from '../dist/service/schedule.js'
import { createManualClock, type ManualClock } from './support/manual-clock.ts'
import { codeOf } from './support/outcome.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A manual clock whose time of day can be set apart from the time that passes. */
function createWallClock(at: string): ManualClock & { set(at: string): void } {
  const clock = createManualClock()
  let offsetMs = 0
  const set = (when: string): void => {
    offsetMs = Date.parse(when) - clock.monotonicMs()
  }
  set(at)
  return Object.defineProperties({} as ManualClock & { set(at: string): void }, {
    ...Object.getOwnPropertyDescriptors(clock),
    now: { value: () => new Date(clock.monotonicMs() + offsetMs) },
    set: { value: set },
  })
}

describe('by interval', () => {
  const create = (jitter: number, random: () => number) => {
    const clock = createManualClock()
    return {
      clock,
      schedule: createIntervalSchedule({ initialDelayMs: 1000, intervalMs: 60_000, jitter }, clock, random),
    }
  }

  it('the first wait is the initial delay, each later one the interval, and they run out', () => {
    const { clock, schedule } = create(0, () => 0.7)
    const first = schedule.next(true)
    expect([first.leftMs(), schedule.next(false).leftMs()]).toEqual([1000, 60_000])
    clock.advance(400)
    expect(first.leftMs()).toBe(600)
    expect(first.at()).toEqual(new Date(clock.now().getTime() + 600))
    clock.advance(700)
    expect([first.leftMs(), first.at()]).toEqual([-100, clock.now()])
  })

  it.each([
    [0.1, 0, 54_000],
    [0.1, 0.5, 60_000],
    [0.1, 1, 66_000],
    [1, 0, 0],
    [1, 1, 120_000],
    [0, 1, 60_000],
  ])('jitter %d with %d at random: %d ms', (jitter, random, expected) => {
    expect(
      create(jitter, () => random)
        .schedule.next(false)
        .leftMs(),
    ).toBe(expected)
  })

  it('does not care about the time of day', () => {
    const clock = createWallClock('2026-01-01T00:00:00Z')
    const due = createIntervalSchedule({ initialDelayMs: 1000, intervalMs: 1, jitter: 0 }, clock, () => 0).next(true)
    clock.set('2030-01-01T00:00:00Z')
    expect(due.leftMs()).toBe(1000)
  })
})

describe('by cron expression', () => {
  const dueAt = (clock: ManualClock, cron: string, timeZone?: string): string =>
    String(createCronSchedule(cron, timeZone, clock).next(true).at()?.toISOString())

  it.each([
    ['30 3 * * *', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T03:30:00.000Z'],
    ['30 3 * * *', 'UTC', '2026-01-01T03:30:00Z', '2026-01-02T03:30:00.000Z'],
    ['30 3 * * *', 'UTC', '2026-01-01T03:29:59.999Z', '2026-01-01T03:30:00.000Z'],
    ['30 3 * * *', 'America/New_York', '2026-01-01T00:00:00Z', '2026-01-01T08:30:00.000Z'],
    ['15 * * * * *', 'UTC', '2026-01-01T00:00:20Z', '2026-01-01T00:01:15.000Z'],
    ['@weekly', 'UTC', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    // In Berlin there is no 2:30 that night: after the gap.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    // And there 2:30 comes twice: the first time only.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
    // Every hour goes on through both.
    ['0 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25T01:00:00.000Z'],
    ['0 * * * *', 'Europe/Berlin', '2026-03-29T00:59:00Z', '2026-03-29T01:00:00.000Z'],
  ])('%s in %s, seen from %s: %s', (cron, timeZone, from, expected) => {
    expect(dueAt(createWallClock(from), cron, timeZone)).toBe(expected)
  })

  it('a clock that is set forward past the time makes it due', () => {
    const clock = createWallClock('2026-01-01T00:00:00Z')
    const due = createCronSchedule('0 12 * * *', 'UTC', clock).next(true)
    expect(due.leftMs()).toBe(12 * HOUR_MS)
    clock.set('2026-01-01T13:00:00Z')
    expect(due.leftMs()).toBe(-HOUR_MS)
  })

  it('a clock that is set back has earlier times again', () => {
    const clock = createWallClock('2026-01-05T11:00:00Z')
    const due = createCronSchedule('0 12 * * *', 'UTC', clock).next(true)
    clock.set('2026-01-01T11:00:00Z')
    expect([due.leftMs(), due.at()]).toEqual([HOUR_MS, new Date('2026-01-01T12:00:00Z')])
  })

  it('a time that was due stays so, whenever it is asked', () => {
    const clock = createWallClock('2026-01-01T11:00:00Z')
    const due = createCronSchedule('0 12 * * *', 'UTC', clock).next(true)
    clock.advance(3 * DAY_MS)
    expect(due.leftMs()).toBe(HOUR_MS - 3 * DAY_MS)
  })

  it.each([
    ['nonsense', undefined],
    ['', undefined],
    ['61 * * * *', undefined],
    ['* * * * * * *', undefined],
    ['0 0 30 2 *', undefined],
    ['2026-12-01T00:00:00', undefined],
    ['* * * * *', 'Mars/Olympus'],
    ['* * * * *', 7],
    [7, undefined],
    [undefined, undefined],
  ])('%j in %j is INVALID_ARGUMENT', async (cron, timeZone) => {
    const create = (): unknown => createCronSchedule(cron as string, timeZone as string, createManualClock())
    expect(await codeOf(create)).toBe('INVALID_ARGUMENT')
  })
})

describe('the timer', () => {
  const create = (maxWaitMs: number) => {
    const inner = createManualClock()
    const waits: [number, boolean | undefined][] = []
    const clock = {
      monotonicMs: inner.monotonicMs,
      now: inner.now,
      clearTimer: inner.clearTimer,
      setTimer(callback: () => void, delayMs: number, background?: boolean) {
        waits.push([delayMs, background])
        return inner.setTimer(callback, delayMs)
      },
    }
    let firedCount = 0
    const timer = new BackgroundTimer(clock, maxWaitMs)
    const after = (ms: number): void => {
      const dueMs = inner.monotonicMs() + ms
      timer.set({ leftMs: () => dueMs - inner.monotonicMs(), at: () => undefined }, () => void firedCount++)
    }
    return { clock: inner, timer, waits, after, fired: () => firedCount }
  }

  it('waits in pieces that a timer can wait, none of which keeps the process alive', () => {
    const { after, clock, fired, timer, waits } = create(10 * DAY_MS)
    after(25 * DAY_MS)
    clock.advance(25 * DAY_MS - 1)
    expect([fired(), timer.due?.leftMs()]).toEqual([0, 1])
    clock.advance(1)
    expect([fired(), timer.due, clock.pendingMs]).toEqual([1, undefined, []])
    expect(waits).toEqual([
      [10 * DAY_MS, true],
      [10 * DAY_MS, true],
      [5 * DAY_MS, true],
    ])
  })

  it('an interval longer than a timer can wait is waited for in full', () => {
    const inner = createManualClock()
    const schedule = createIntervalSchedule({ initialDelayMs: 60 * DAY_MS, intervalMs: 1, jitter: 0 }, inner, () => 0)
    expect(schedule.maxWaitMs < 24.9 * DAY_MS).toBe(true)
    const timer = new BackgroundTimer(inner, schedule.maxWaitMs)
    let isDue = false
    timer.set(schedule.next(true), () => {
      isDue = true
    })
    inner.advance(60 * DAY_MS - 1)
    expect([isDue, inner.pendingMs.length]).toEqual([false, 1])
    inner.advance(1)
    expect([isDue, inner.pendingMs.length]).toEqual([true, 0])
  })

  it('what is due at once is still told by a timer', () => {
    const { after, clock, fired } = create(1000)
    after(-5)
    expect(fired()).toBe(0)
    clock.advance(0)
    expect(fired()).toBe(1)
  })

  it('set again, or cancelled, it forgets what it waited for', () => {
    const { after, clock, fired, timer } = create(1000)
    after(10)
    after(20)
    expect(clock.pendingMs).toEqual([20])
    timer.cancel()
    timer.cancel()
    clock.advance(50)
    expect([fired(), clock.pendingMs, timer.due]).toEqual([0, [], undefined])
  })
})
