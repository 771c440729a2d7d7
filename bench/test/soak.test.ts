// The soak, small: what must hold whatever is stopped, and whenever. `pnpm soak` has the long run of each.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Child } from '../src/child.ts'
import { createRandom } from '../src/seeded-random.ts'
import { faultsOf } from '../src/soak/faults.ts'
import { runKillLoop } from '../src/soak/kill-loop.ts'
import type { SoakProtocol } from '../src/soak/protocols.ts'

const SEED = 20_261
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upkeep-soak-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** In a process of its own, which is killed with the test if it hangs. */
async function withHost<T>(work: (child: Child<SoakProtocol>) => Promise<T>): Promise<T> {
  const script = join(import.meta.dirname, '..', 'src', 'soak', 'host.ts')
  const child = await Child.start<SoakProtocol>({ name: 'soak', script })
  try {
    return await work(child)
  } finally {
    await child.stop()
  }
}

function countOf(outcomes: Readonly<Record<string, number>>, what: string): number {
  return Object.entries(outcomes).reduce((sum, [name, count]) => sum + (name.includes(what) ? count : 0), 0)
}

describe('the soak', { timeout: 180_000 }, () => {
  it('aborts at random moments, and closes: each outcome is that of the file, and nothing is left over', async () => {
    const request = { path: join(folder, 'storm.db'), aborts: 200, seed: SEED }
    const result = await withHost((child) => child.ask('storm', request))
    expect(faultsOf(result)).toEqual([])
    expect(result.aborts).toBeGreaterThanOrEqual(request.aborts)
    expect(result.closes).toBeGreaterThan(1)
    expect(countOf(result.outcomes, 'ABORTED')).toBeGreaterThan(0)
    expect(countOf(result.outcomes, 'done')).toBeGreaterThan(0)
  })

  it('aborts around a COMMIT, and deaths of its worker: another process finds what was told', async () => {
    const request = { path: join(folder, 'window.db'), rounds: 36, seed: SEED }
    const result = await withHost((child) => child.ask('window', request))
    expect(faultsOf(result)).toEqual([])
    expect(countOf(result.outcomes, '')).toBe(request.rounds)
    for (const outcome of ['resolved', 'ABORTED']) expect(countOf(result.outcomes, outcome)).toBeGreaterThan(0)
  })

  it('kills of a process under load: every commit that was told is there, and the file is sound', async () => {
    const [path, toldPath] = [join(folder, 'kill.db'), join(folder, 'told.txt')]
    const result = await runKillLoop({ path, toldPath, kills: 6, random: createRandom(SEED) })
    expect(faultsOf(result)).toEqual([])
    expect(result.toldCount).toBeGreaterThan(0)
    expect(result.foundCount).toBeGreaterThanOrEqual(result.toldCount)
  })
})
