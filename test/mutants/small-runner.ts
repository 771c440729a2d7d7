// A test runner of a few lines: collects tests, runs them one after another, tells which failed. Has no hooks,
// and an `expect` with what the suite uses. A test that does not end has failed.
import { isDeepStrictEqual } from 'node:util'
import type { Expectation, TestRunner } from '../src/suite/runner.ts'

/** What became of a run. */
export interface SmallReport {
  readonly passed: number
  readonly failed: readonly { readonly name: string; readonly message: string }[]
}

/** A {@link TestRunner}, and the function that runs what was registered. */
export interface SmallRunner extends TestRunner {
  /** Runs the tests that `select` takes, by their full names. */
  run(options: { readonly timeoutMs: number; readonly select: (name: string) => boolean }): Promise<SmallReport>
}

export function createSmallRunner(): SmallRunner {
  const tests: { name: string; test: () => Promise<void> }[] = []
  const path: string[] = []
  return {
    describe(name, register) {
      path.push(name)
      register()
      path.pop()
    },
    it(name, test) {
      tests.push({ name: [...path, name].join(' > '), test })
    },
    expect: smallExpect,
    async run({ timeoutMs, select }) {
      const failed: { name: string; message: string }[] = []
      let passed = 0
      for (const { name, test } of tests.filter((one) => select(one.name))) {
        try {
          await within(test(), timeoutMs)
          passed++
        } catch (error) {
          failed.push({ name, message: error instanceof Error ? error.message : String(error) })
        }
      }
      return { passed, failed }
    },
  }
}

async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${timeoutMs} ms`)), timeoutMs)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function smallExpect(actual: unknown): Expectation {
  const assert = (holds: boolean, what: string, expected: unknown): void => {
    if (!holds) throw new Error(`expected ${show(actual)} ${what} ${show(expected)}`)
  }
  return {
    toBe: (expected) => assert(Object.is(actual, expected), 'to be', expected),
    toEqual: (expected) =>
      assert(isDeepStrictEqual(withoutUndefined(actual), withoutUndefined(expected)), 'to equal', expected),
    toMatchObject: (expected) => assert(matches(actual, expected), 'to match', expected),
    toBeInstanceOf: (expected) => assert(actual instanceof expected, 'to be an instance of', expected),
  }
}

function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected))
    return isDeepStrictEqual(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(expected).every(([key, value]) => matches((actual as Record<string, unknown>)[key], value))
}

/** As elsewhere, a property that is undefined equals one that is missing. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, withoutUndefined(one)]])),
  )
}

function show(value: unknown): string {
  const text =
    typeof value === 'function'
      ? value.name
      : JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}n` : one))
  return (text ?? String(value)).slice(0, 300)
}
