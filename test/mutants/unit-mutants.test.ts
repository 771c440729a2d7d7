import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import type { Patch } from './mutant-hook.ts'
import { UNIT_MUTANTS, type UnitMutant } from './unit-mutants.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CHILD_TIMEOUT_MS = 100_000

const folder = mkdtempSync(join(tmpdir(), 'upkeep-mutants-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** How many tests passed and failed, by vitest's own report. */
async function runTest(
  [file, test]: UnitMutant['noticedBy'],
  patch?: Patch,
): Promise<{ passed: number; failed: number }> {
  const output = join(folder, 'report.json')
  rmSync(output, { force: true })
  const hook = new URL('mutant-hook.ts', import.meta.url).href
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const patched = { NODE_OPTIONS: `--import=${hook}`, UPKEEP_MUTANT: JSON.stringify(patch) }
  const options = ['-t', test, '--reporter=json', `--outputFile=${output}`, '--testTimeout=5000']
  // It exits with an error where a test fails; without a report that is one of this test.
  await new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', file, ...options],
      {
        cwd: ROOT,
        env: patch === undefined ? inherited : { ...inherited, ...patched },
        timeout: CHILD_TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
      resolve,
    )
  })
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(output, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests }
}

for (const { fault, file, find, replace, noticedBy } of UNIT_MUTANTS) {
  it(`${fault}: noticed`, { timeout: 2 * CHILD_TIMEOUT_MS }, async () => {
    const path = join(ROOT, 'packages', file)
    expect(readFileSync(path, 'utf8').split(find).length - 1, `places in ${file} that the patch fits`).toBe(1)
    expect(await runTest(noticedBy)).toEqual({ passed: 1, failed: 0 })
    expect(await runTest(noticedBy, { path, find, replace })).toEqual({ passed: 0, failed: 1 })
  })
}
