/** The suite's entry: registers every topic for one harness. */
import type { Harness } from './suite/harness.ts'
import type { TestRunner } from './suite/runner.ts'
import { createSuite } from './suite/suite.ts'
import { resolveTopics, type TopicName } from './topics.ts'

/** Options of {@link testStore}. */
export interface TestStoreSuiteOptions {
  /** Only these topics, for work on one of them. @default all that apply to the harness's dialect */
  readonly topics?: readonly TopicName[] | undefined
}

/**
 * Registers the suite with `runner`.
 *
 * @throws Error for a topic that does not exist or does not apply: a typo must not select nothing.
 */
export function testStore(runner: TestRunner, harness: Harness, options: TestStoreSuiteOptions = {}): void {
  const suite = createSuite(runner, harness)
  runner.describe(harness.name, () => {
    for (const [name, topic] of resolveTopics(harness.dialect, options.topics)) {
      runner.describe(name, () => topic(suite))
    }
  })
}
