/** The suite's entry: registers every topic for one harness. */
import { collectTests } from './suite/collect-tests.ts'
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
  const topics = resolveTopics(harness.dialect, options.topics)
  collectTests(runner, (collecting) => {
    const suite = createSuite(collecting, harness)
    collecting.describe(harness.name, () => {
      for (const [name, topic] of topics) collecting.describe(name, () => topic(suite))
    })
  })
}
