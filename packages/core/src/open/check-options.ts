/** How options of any kind are checked: clearly, with a code, before anything is changed. */
import { invalidArgument } from '../errors/store-error.ts'

/**
 * Refuses names that are no option: a misspelt option must not be a default in silence.
 *
 * @throws INVALID_ARGUMENT, naming the options there are
 */
export function assertKnownOptions(options: unknown, known: readonly string[], operation: string): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`${operation}: the options must be an object`, operation)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      // Of a URL it may be a part of a password that has a bare & and a bare =.
      const told = /^\w{1,40}$/.test(name) ? `"${name}"` : 'of such a name'
      throw invalidArgument(`${operation}: there is no option ${told}; there are ${known.join(', ')}`, operation)
    }
  }
}

/** Refuses what is not a finite number from `min` to `max`. @throws INVALID_ARGUMENT */
export function assertNumberOption(
  value: unknown,
  name: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    throw invalidArgument(`${name} must be a number from ${min} to ${max}`, 'options')
  }
}

/** Refuses what is not a whole number from `min` to `max`: bytes and counts have no halves. @throws INVALID_ARGUMENT */
export function assertWholeOption(
  value: unknown,
  name: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  assertNumberOption(value, name, min, max)
  if (!Number.isInteger(value)) throw invalidArgument(`${name} must be a whole number`, 'options')
}

/** Refuses what is not one of `allowed`. @throws INVALID_ARGUMENT */
export function assertOneOf(value: unknown, name: string, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw invalidArgument(`${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, 'options')
  }
}

/** Refuses what is there and is no function. @throws INVALID_ARGUMENT */
export function assertFunctionOption(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'function') throw invalidArgument(`${name} must be a function`, 'options')
}

/** Whether `value` is an object that has all of `methods`. */
export function hasMethods(value: unknown, ...methods: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}

/** Refuses what is no Clock. @throws INVALID_ARGUMENT */
export function assertClock(clock: unknown): void {
  if (!hasMethods(clock, 'monotonicMs', 'now', 'setTimer', 'clearTimer'))
    throw invalidArgument('clock is no Clock', 'options')
}

/** The options that are given: one that is `undefined` is not, and hides nothing underneath. */
export function givenOptions<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
