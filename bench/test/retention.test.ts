// The stress programs of retention, small: what they count must hold; what they time is the bench's.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildRetained, runBesideTraffic } from '../src/retention/beside-traffic.ts'
import { runCrashLoop } from '../src/retention/crash-loop.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'upkeep-retention-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('retention', () => {
  it('beside traffic: every old row is gone and told, and no operation fails', async () => {
    const path = join(folder, 'traffic.db')
    const size = { eventCount: 20_000, documentCount: 200, restMs: 50 }
    await buildRetained(path, size)
    const result = await runBesideTraffic(path, size, true, 'normal')
    expect(result.task).toMatchObject({ status: 'done', counters: { deletedRowCount: result.toldCount } })
    expect(result.toldCount).toBeGreaterThan(9000)
    expect([result.leftCount, result.traffic.errors]).toEqual([0, {}])
  })

  it('killed again and again: nothing is lost, and nothing is told that is there', async () => {
    const path = join(folder, 'crash.db')
    await buildRetained(path, { eventCount: 8000, documentCount: 1, restMs: 0 })
    let seed = 7
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const result = await runCrashLoop({ path, toldPath: join(folder, 'told.txt'), kills: 3, maxTurns: 20, random })
    expect(result).toMatchObject({ killCount: 3, lostCount: 0, wronglyToldCount: 0, waitingCount: 0, leftCount: 0 })
    expect(result.deletedCount).toBeGreaterThan(3500)
  })
})
