// node run-tests.ts <run> <timeoutMs> <selection>: runs the selected tests of the suite and prints a report as JSON. A
// selection is a JSON array of [topic, part of a test's name]; one that selects nothing is an error. Exits without
// waiting for what failed tests left behind.
import { resolveRun } from '../runs/runs.ts'
import { testStore } from '../src/test-store.ts'
import type { TopicName } from '../src/topics.ts'
import { createSmallRunner } from './small-runner.ts'

const [run = '', timeoutMs = '', selection = '[]'] = process.argv.slice(2)
const { harness } = await resolveRun(run)
// What a faulty store leaves behind must not end the process before it has reported.
process.on('unhandledRejection', () => undefined)

// What it takes to start a server is no part of the first test.
await (await harness.createDatabase()).drop()

let passed = 0
const failed: { name: string; message: string }[] = []
for (const [topic, part] of JSON.parse(selection) as [TopicName, string][]) {
  const runner = createSmallRunner()
  testStore(runner, harness, { topics: [topic] })
  const report = await runner.run({ timeoutMs: Number(timeoutMs), select: (name) => name.includes(part) })
  if (report.passed + report.failed.length === 0) throw new Error(`${topic} has no test "${part}"`)
  passed += report.passed
  failed.push(...report.failed)
}
const line = JSON.stringify({ passed, failed, patched: globalThis.upkeepMutantApplied === true })
process.stdout.write(line, () => process.exit(0))
