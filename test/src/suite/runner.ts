/**
 * What the suite needs of a test runner. vitest, Jest, node:test with an `expect`, or sixty lines of your own fit.
 *
 * It uses no hooks, no skips, no timers and no mocks: every test is one function that stands for itself.
 */

/** The assertions the suite uses, and no others. */
export interface Expectation {
  toBe(expected: unknown): void
  toEqual(expected: unknown): void
  toMatchObject(expected: object): void
  toBeInstanceOf(expected: any): void
}

/** Handed to `testStore`. */
export interface TestRunner {
  readonly describe: (name: string, register: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>) => unknown
  readonly expect: (actual: unknown) => Expectation
}
