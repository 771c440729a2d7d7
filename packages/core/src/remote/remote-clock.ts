/**
 * The clock of one side, used by the other: whoever opened the store may have brought one of their own, and every wait of
 * the engine must keep to it.
 *
 * The time is told before each call, and with each timer that fires; in between it stands still over there. So this is
 * for clocks that are not the runtime's own: both sides have that one.
 */
import type { Clock } from '../contract/clock.ts'
import type { Notes } from './side-channel.ts'

/** What the time is. */
interface Told {
  readonly monotonicMs: number
  readonly nowMs: number
}

interface TimerNote {
  readonly id: number
  /** By the monotonic clock: the time may have gone on while this was on its way. */
  readonly sinceMs: number
  readonly delayMs: number
  readonly background: boolean
}

/** For the side that has the clock. `tell` says what the time is; `end` forgets all timers. */
export function serveClock(notes: Notes, clock: Clock): { tell(): void; end(): void } {
  const timers = new Map<number, unknown>()
  const tell = (): void => {
    notes.send('time', { monotonicMs: clock.monotonicMs(), nowMs: clock.now().getTime() } satisfies Told)
  }
  notes.on('setTimer', ({ id, sinceMs, delayMs, background }: TimerNote) => {
    const fire = (): void => {
      timers.delete(id)
      tell()
      notes.send('fire', id)
    }
    const leftMs = Math.max(0, delayMs - (clock.monotonicMs() - sinceMs))
    // Its time has come while it was on its way. A clock that stands still would not notice.
    if (leftMs === 0 && delayMs > 0) fire()
    else timers.set(id, clock.setTimer(fire, leftMs, background))
  })
  notes.on('clearTimer', (id: number) => {
    clock.clearTimer(timers.get(id))
    timers.delete(id)
  })
  const end = (): void => {
    for (const timer of timers.values()) clock.clearTimer(timer)
    timers.clear()
  }
  return { tell, end }
}

/** For the other side. */
export function createRemoteClock(notes: Notes): Clock {
  const timers = new Map<number, () => void>()
  let told: Told = { monotonicMs: 0, nowMs: 0 }
  let lastId = 0
  notes.on('time', (time: Told) => {
    told = time
  })
  notes.on('fire', (id: number) => {
    const callback = timers.get(id)
    timers.delete(id)
    callback?.()
  })
  return {
    monotonicMs: () => told.monotonicMs,
    now: () => new Date(told.nowMs),
    setTimer(callback, delayMs, background = false) {
      const id = ++lastId
      timers.set(id, callback)
      notes.send('setTimer', { id, sinceMs: told.monotonicMs, delayMs, background } satisfies TimerNote)
      return id
    },
    clearTimer(id) {
      if (timers.delete(id as number)) notes.send('clearTimer', id)
    },
  }
}
