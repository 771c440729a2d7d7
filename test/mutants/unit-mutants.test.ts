import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Patch } from './mutant-hook.ts'
import { UNIT_MUTANTS, type UnitMutant } from './unit-mutants.ts'

const ROOT = new URL('../../', import.meta.url)
const CHILD_TIMEOUT_MS = 100_000

/** What became of the test, as vitest's own report has it. */
async function runTest(
  [file, test]: UnitMutant['noticedBy'],
  patch?: Patch,
): Promise<{ passed: number; failed: number }> {
  const hook = new URL('mutant-hook.ts', import.meta.url).href
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const { promise, resolve } = Promise.withResolvers<string>()
  execFile(
    process.execPath,
    [
      fileURLToPath(new URL('node_modules/vitest/vitest.mjs', ROOT)),
      'run',
      file,
      '-t',
      test,
      '--reporter=json',
      '--testTimeout=5000',
    ],
    {
      cwd: fileURLToPath(ROOT),
      env:
        patch === undefined
          ? inherited
          : { ...inherited, NODE_OPTIONS: `--import=${hook}`, UPKEEP_MUTANT: JSON.stringify(patch) },
      timeout: CHILD_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
    (_error, stdout) => resolve(stdout),
  )
  const report = JSON.parse(await promise)
  return { passed: report.numPassedTests, failed: report.numFailedTests }
}

for (const { fault, file, find, replace, noticedBy } of UNIT_MUTANTS) {
  it(`${fault}: noticed`, { timeout: 2 * CHILD_TIMEOUT_MS }, async () => {
    const path = fileURLToPath(new URL(`packages/${file}`, ROOT))
    expect(readFileSync(path, 'utf8').split(find).length - 1, `places in ${file} that the patch fits`).toBe(1)
    expect(await runTest(noticedBy)).toEqual({ passed: 1, failed: 0 })
    expect(await runTest(noticedBy, { path, find, replace })).toEqual({ passed: 0, failed: 1 })
  })
}
