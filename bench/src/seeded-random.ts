/**
 * Numbers that look random and are the same for the same seed: a run that failed can be run again. Not for secrets.
 */

/** Answers from 0 to 1, below 1. */
export type Random = () => number

/** The largest seed, plus one. */
export const SEED_LIMIT: number = 2 ** 32

/** A source of its own for each seed; mulberry32, which also spreads seeds that are neighbours. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / SEED_LIMIT
  }
}

/** One of them. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)]
  if (chosen === undefined) throw new Error('there is nothing to choose from')
  return chosen
}
