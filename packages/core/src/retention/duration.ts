/** Spans of time whose units stand in the keys. Months and years are not there: they have no fixed length. */
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption } from '../open/check-options.ts'

/** A span of time: what is given is added up. At least one part, and more than nothing in all. */
export interface Duration {
  /** Of 24 hours each. @default 0 */
  readonly days?: number | undefined
  /** @default 0 */
  readonly hours?: number | undefined
  /** @default 0 */
  readonly minutes?: number | undefined
  /** @default 0 */
  readonly seconds?: number | undefined
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const UNITS = { days: 24 * HOUR_MS, hours: HOUR_MS, minutes: MINUTE_MS, seconds: SECOND_MS } as const
/** A thousand years: what is so long ago is still a year of four digits. */
const MAX_MS = 365_250 * UNITS.days

/** In milliseconds. @throws INVALID_ARGUMENT for what is no span of time, or none at all */
export function durationMs(duration: Duration, name: string, operation: string): number {
  assertKnownOptions(duration, Object.keys(UNITS), `${operation}: ${name}`)
  let totalMs = 0
  for (const [unit, unitMs] of Object.entries(UNITS)) {
    const value = duration[unit as keyof Duration]
    if (value === undefined) continue
    assertNumberOption(value, `${operation}: ${name}.${unit}`, 0)
    totalMs += value * unitMs
  }
  if (totalMs <= 0 || totalMs > MAX_MS) {
    throw invalidArgument(`${operation}: ${name} must be more than nothing and at most 1000 years`, operation)
  }
  return totalMs
}
