/**
 * What the suite needs of a test runner. vitest, Jest, node:test with an `expect`, or sixty lines of your own fit.
 *
 * It uses no hooks, no skips, no timers and no mocks: every test is one function that stands for itself.
 */

/** The assertions the suite uses, and no others. */
export interface Expectation {
  /** The same by `Object.is`. */
  toBe(expected: unknown): void
  /** Equal by structure; a key with `undefined` counts as missing. */
  toEqual(expected: unknown): void
  /** Has what `expected` has, and maybe more. */
  toMatchObject(expected: object): void
  /** Is an instance of the class. */
  toBeInstanceOf(expected: any): void
}

/** A test runner, as far as `testStore` needs it. */
export interface TestRunner {
  /** Groups what `register` registers. */
  readonly describe: (name: string, register: () => void) => unknown
  /** Registers one test, which passes if its promise resolves. */
  readonly it: (name: string, test: () => Promise<void>) => unknown
  /** Begins an assertion, which throws if it does not hold. */
  readonly expect: (actual: unknown) => Expectation
}
