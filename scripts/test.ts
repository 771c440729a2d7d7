// The whole check of the workspace, as one command: build, types, lint, import directions, packages, tests. Each stage
// says its name and its time, a failing one shows its output, a test that was left out is named, and the last line is
// `N passed, N failed, N skipped`, over all tests and one for each other check. Fails if anything failed, and if no
// test ran at all.
//
//   node scripts/test.ts [stage …]      only these stages
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkInterrupt } from '../packages/sqlite-native/interrupt/build.ts'
import { type CheckReport, checkPackages } from './check-packages.ts'
import { runCommand } from './run-command.ts'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

type Stage = (name: string) => Promise<Counts>

const STAGES: Readonly<Record<string, Stage>> = {
  build: command('node', 'scripts/build.ts'),
  types: checkTypes,
  lint: command('biome', 'ci', '--colors=off', '--error-on-warnings', '.'),
  imports: command('node', 'scripts/check-imports.ts'),
  interrupt: rebuildInterrupt,
  packages: async () => countChecks(await checkPackages()),
  tests: runTests([]),
  browser: runTests(['--config', 'vitest.browser.config.ts']),
}
/** They look at what the build made, so that without one they could only add noise. */
const NEEDS_BUILD = ['types', 'packages', 'tests', 'browser']

const wanted = process.argv.slice(2)
for (const name of wanted) {
  if (!(name in STAGES)) throw new Error(`unknown stage '${name}'; there are: ${Object.keys(STAGES).join(', ')}`)
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 }
let isBuilt = true
for (const [name, run] of Object.entries(STAGES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  if (!isBuilt && NEEDS_BUILD.includes(name)) {
    console.log(`${name}: skipped, the build failed`)
    total.skipped++
    continue
  }
  const startedAt = performance.now()
  console.log(`\n${name} …`)
  const counts = await run(name).catch((error: unknown): Counts => {
    console.error(error)
    return { passed: 0, failed: 1, skipped: 0 }
  })
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
  if (name === 'build') isBuilt = counts.failed === 0
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${name}: ${counts.failed > 0 ? 'FAILED' : 'ok'}, ${seconds} s`)
}
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)

/** A stage that is one command. */
function command(...words: string[]): Stage {
  return async (name) => countChecks([{ name, ...(await runCommand(words)) }])
}

/** Also of what has the DOM in place of Node. */
async function checkTypes(): Promise<Counts> {
  const projects = ['tsconfig.check.json', 'examples/browser/tsconfig.json']
  const checks = projects.map(async (name) => ({ name, ...(await runCommand(['tsc', '--project', name])) }))
  return countChecks(await Promise.all(checks))
}

/** Where its compiler is not there, only its hashes are compared, and the build counts as skipped. */
async function rebuildInterrupt(name: string): Promise<Counts> {
  const { ok, isRebuilt, output } = checkInterrupt()
  console.log(output)
  return { ...countChecks([{ name, ok, output: '' }]), skipped: isRebuilt ? 0 : 1 }
}

function countChecks(reports: CheckReport[]): Counts {
  const failed = reports.filter(({ ok }) => !ok)
  for (const { name, output } of failed) console.error(`--- ${name}\n${output.trimEnd()}`)
  return { passed: reports.length - failed.length, failed: failed.length, skipped: 0 }
}

/** The tests of one configuration of vitest. */
function runTests(parameters: readonly string[]): Stage {
  return () => countTestRun(parameters)
}

async function countTestRun(parameters: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-tests-'))
  const file = join(folder, 'report.json')
  try {
    const vitest = [
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...parameters,
    ]
    const { ok } = await runCommand(vitest, { isLive: true, timeoutMs: 40 * 60_000 })
    const counts = countTests(file)
    // vitest also fails for what is no test: an unhandled rejection, a file that does not load, a crashed worker.
    if (!ok && counts.failed === 0) counts.failed = 1
    if (counts.passed + counts.failed === 0) {
      console.error('No test ran.')
      counts.failed = 1
    }
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** From vitest's JSON report. A file that failed before its first test counts as one failure. */
function countTests(reportFile: string): Counts {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as {
    testResults: { status: string; assertionResults: { status: string; fullName: string }[] }[]
  }
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  for (const { status, assertionResults } of report.testResults) {
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed++
      else if (test.status === 'failed') counts.failed++
      else {
        counts.skipped++
        console.warn(`left out: ${test.fullName}`)
      }
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) counts.failed++
  }
  return counts
}
