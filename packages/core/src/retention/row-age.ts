/**
 * The age of a row, as the database compares it and as it is looked at once more here.
 *
 * A database compares what is stored: a number is less than every text, and `2026-01-01 23:00:00` less than
 * `2026-01-01T01:00:00.000Z`. Where a column does not hold what its task believes, rows would go that are not due.
 */
import { invalidArgument } from '../errors/store-error.ts'
import { DECODERS } from '../values/value-kind.ts'

/** How a column holds a time: as the store writes a `Date`, or as a number since 1970. */
export type StoredTime = 'instant' | 'epochMs' | 'epochSeconds'

/** Every {@link StoredTime}. */
export const STORED_TIMES: readonly StoredTime[] = ['instant', 'epochMs', 'epochSeconds']

/** A moment, as a column holds it. */
export interface Cutoff {
  /** What is bound in statements. */
  readonly bound: Date | number
  /** Whether `value` is a time before it. @throws INVALID_ARGUMENT where the column holds times of another kind */
  isAfter(value: unknown): boolean
}

/** So long before `now`. `column` names what is compared, for errors. */
export function cutoffBefore(now: Date, maxAgeMs: number, storedAs: StoredTime, column: string): Cutoff {
  const limitMs = now.getTime() - maxAgeMs
  if (storedAs === 'instant') {
    return {
      bound: new Date(limitMs),
      isAfter(value) {
        if (typeof value === 'number' || typeof value === 'bigint') {
          throw invalidArgument(`${column} holds numbers; say by storedAs what they count`, 'retention')
        }
        const instant = DECODERS.instant(value)
        return instant instanceof Date && instant.getTime() < limitMs
      },
    }
  }
  const limit = storedAs === 'epochMs' ? limitMs : Math.floor(limitMs / 1000)
  return {
    bound: limit,
    isAfter(value) {
      // A text without a digit would count as 0.
      if (typeof value === 'string' && value.trim() === '') return false
      return Number(value instanceof Date ? value.getTime() : value) < limit
    },
  }
}
