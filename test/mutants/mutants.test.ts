import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { testServer } from '../servers/test-servers.ts'
import type { Patch } from './mutant-hook.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import type { SmallReport } from './small-runner.ts'

const DEFAULT_RUN = 'sqlite-native/file'
/** A server is another process, and slower where many run beside each other. */
const TEST_TIMEOUT_MS = { sqlite: 5000, postgres: 15_000 } as const
const CHILD_TIMEOUT_MS = 100_000
const PACKAGES = new URL('../../packages/', import.meta.url)

async function runTests(
  run: string,
  selection: readonly Mutant['noticedBy'][],
  patch?: Patch,
): Promise<SmallReport & { patched: boolean }> {
  const hook = new URL('mutant-hook.ts', import.meta.url).href
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      fileURLToPath(new URL('run-tests.ts', import.meta.url)),
      run,
      `${run.startsWith('postgres/') ? TEST_TIMEOUT_MS.postgres : TEST_TIMEOUT_MS.sqlite}`,
      JSON.stringify(selection),
    ],
    {
      env:
        patch === undefined
          ? inherited
          : { ...inherited, NODE_OPTIONS: `--import=${hook}`, UPKEEP_MUTANT: JSON.stringify(patch) },
      // Before the test ends for its time, and also what turns in a circle.
      timeout: CHILD_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  )
  return JSON.parse(stdout)
}

describe('mutants', () => {
  // Its start is no part of a test that may take five seconds.
  beforeAll(() => testServer('newest'), 60_000)

  for (const run of new Set(MUTANTS.map((mutant) => mutant.run ?? DEFAULT_RUN))) {
    it(`${run}: without a patch, each of the tests passes`, { timeout: 120_000 }, async () => {
      const selection = MUTANTS.filter((mutant) => (mutant.run ?? DEFAULT_RUN) === run).map(
        ({ noticedBy }) => noticedBy,
      )
      const report = await runTests(run, selection)
      expect(report.failed).toEqual([])
      expect(report.passed).toBeGreaterThanOrEqual(selection.length)
      expect(report.patched).toBe(false)
    })
  }

  for (const { fault, file, find, replace, run = DEFAULT_RUN, noticedBy } of MUTANTS) {
    it(`${fault}: noticed`, { timeout: 120_000 }, async () => {
      const path = fileURLToPath(new URL(file, PACKAGES))
      expect(readFileSync(path, 'utf8').split(find).length - 1, `places in ${file} that the patch fits`).toBe(1)
      const report = await runTests(run, [noticedBy], { path, find, replace })
      expect(report.patched).toBe(true)
      expect(report.failed.length).toBeGreaterThan(0)
    })
  }
})
