/**
 * When the next run is due: after a wait with jitter, or at the times of a cron expression. It knows no timer and runs
 * nothing.
 */
import { Cron } from 'croner'
import type { Clock } from '../contract/clock.ts'
import { invalidArgument } from '../errors/store-error.ts'

/** A moment to come. */
export interface Due {
  /** Milliseconds until then; 0 or less once it is due. Asked again after every wait: what it says may change. */
  leftMs(): number
  /** The same by the time of day; `undefined` where it never comes. */
  at(): Date | undefined
}

/** See the module. */
export interface Schedule {
  /** The next moment, seen from now; `isFirst` after a start. */
  next(isFirst: boolean): Due
  /** In milliseconds: no wait may be longer without looking again. */
  readonly maxWaitMs: number
}

/** What a timer can wait: 24.8 days. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1
/** The time of day may be set while we wait for one, and a machine may have slept: noticed within this time. */
const CRON_LOOK_MS = 60_000

/** Waits by a clock that never jumps; each is up to `jitter` of itself longer or shorter. */
export function createIntervalSchedule(
  options: { readonly initialDelayMs: number; readonly intervalMs: number; readonly jitter: number },
  clock: Clock,
  random: () => number,
): Schedule {
  const { initialDelayMs, intervalMs, jitter } = options
  return {
    maxWaitMs: MAX_TIMER_MS,
    next(isFirst) {
      const waitMs = (isFirst ? initialDelayMs : intervalMs) * (1 - jitter + 2 * jitter * random())
      const dueMs = clock.monotonicMs() + Math.round(waitMs)
      const leftMs = (): number => dueMs - clock.monotonicMs()
      return { leftMs, at: () => new Date(clock.now().getTime() + Math.max(0, leftMs())) }
    },
  }
}

/** @throws INVALID_ARGUMENT for an expression or a time zone that is none, and for one that names no time at all */
export function createCronSchedule(expression: string, timeZone: string | undefined, clock: Clock): Schedule {
  const nextAfter = parseCron(expression, timeZone)
  const nextMs = (): number => nextAfter(clock.now())?.getTime() ?? Number.POSITIVE_INFINITY
  if (nextMs() === Number.POSITIVE_INFINITY) throw refuse('the cron expression names no time')
  return {
    maxWaitMs: CRON_LOOK_MS,
    next() {
      let dueMs = nextMs()
      const leftMs = (): number => {
        const nowMs = clock.now().getTime()
        // A clock that was set back has times before it again.
        if (nowMs < dueMs) dueMs = Math.min(dueMs, nextMs())
        return dueMs - nowMs
      }
      return { leftMs, at: () => (leftMs() < Number.POSITIVE_INFINITY ? new Date(dueMs) : undefined) }
    },
  }
}

/** The library only computes: without a function it sets no timer. */
function parseCron(expression: string, timeZone: string | undefined): (from: Date) => Date | null {
  if (typeof expression !== 'string') throw refuse('cron must be a string')
  if (timeZone !== undefined && typeof timeZone !== 'string') throw refuse('timeZone must be a string')
  let cron: Cron
  try {
    cron = new Cron(expression, { mode: '5-or-6-parts', ...(timeZone !== undefined && { timezone: timeZone }) })
    // A time zone is first looked at here.
    cron.nextRun(new Date(0))
  } catch (error) {
    throw refuse(`the cron expression or the time zone is not acceptable: ${(error as Error).message}`)
  }
  if (cron.getOnce() !== null) throw refuse('a date is no cron expression')
  return (from) => cron.nextRun(from)
}

function refuse(message: string): Error {
  return invalidArgument(`createMaintenanceService: schedule: ${message}`, 'createMaintenanceService')
}
