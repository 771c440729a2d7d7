// What runs have come to, over an engine that is none: by outcome, also those that reject; bytes and rows as reports
// give them.
import { type MaintenanceStepName, type MaintenanceTask, StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeMaintenance, DONE, type Step } from './support/fake-maintenance.ts'
import { codeOf, turns } from './support/outcome.ts'

const NOTHING = { runCount: {}, joinCount: 0, durationMs: 0, reclaimedBytes: 0, deletedRowCount: 0 }

const sizes = (from: unknown, to: unknown): Step => {
  return () => ({ status: 'done', before: { fileSizeBytes: from as number }, after: { fileSizeBytes: to as number } })
}

const deleting = (name: string, deletedRowCount: number | string): MaintenanceTask<any> => ({
  name,
  run: async () => ({ counters: { deletedRowCount, batchCount: 5 } }),
})

describe('runs', () => {
  it('none yet', () => {
    expect(createFakeMaintenance({}).runner.tally.snapshot()).toEqual(NOTHING)
  })

  it.each<[string, Partial<Record<MaintenanceStepName, Step>>, string | undefined, object]>([
    ['ok', { inspect: DONE }, undefined, { ok: 1 }],
    ['skipped', {}, 'another maintainer', { skipped: 1 }],
    ['partial', { inspect: DONE, vacuum: () => ({ status: 'blocked' }) }, undefined, { partial: 1 }],
    ['failed', { vacuum: () => ({ status: 'failed' }) }, undefined, { failed: 1 }],
  ])('one that is %s', async (_outcome, steps, skip, runCount) => {
    const { runner } = createFakeMaintenance(steps, skip)
    await runner.run({})
    expect(runner.tally.snapshot().runCount).toEqual(runCount)
  })

  it('those that reject are failed or aborted, and that of close() counts too', async () => {
    const damaged = createFakeMaintenance({ integrity: () => Promise.reject(new StoreError('CORRUPT', 'page 5')) })
    await codeOf(() => damaged.runner.run({}))
    expect(damaged.runner.tally.snapshot().runCount).toEqual({ failed: 1 })

    const { runner } = createFakeMaintenance({ inspect: DONE })
    await runner.run({ onBegin: () => Promise.reject(new Error('mine')) }).catch(() => undefined)
    await codeOf(() => runner.run({ signal: AbortSignal.abort() }))
    await runner.stop(new AbortController().signal)
    await runner.runAtClose({})
    expect(runner.tally.snapshot().runCount).toEqual({ failed: 1, aborted: 1, ok: 1 })
  })

  it('what is refused, or was only looked at, is no run', async () => {
    const { runner, clock } = createFakeMaintenance({ inspect: sizes(9, 1) })
    await codeOf(() => runner.run({ mode: 'deep' as never }))
    await runner.run({ dryRun: true, onBegin: () => clock.advance(5) })
    expect(runner.tally.snapshot()).toEqual(NOTHING)
  })

  it('whoever joins makes no run; time is that of the run, however it ends', async () => {
    const { runner, clock } = createFakeMaintenance({ inspect: DONE })
    const slowly = (): Promise<void> => turns(1).then(() => clock.advance(20))
    await Promise.all([runner.run({ onBegin: slowly }), runner.run({}), runner.run({})])
    await runner.run({ onBegin: () => slowly().then(() => Promise.reject(new Error('mine'))) }).catch(() => undefined)
    expect(runner.tally.snapshot()).toMatchObject({ runCount: { ok: 1, failed: 1 }, joinCount: 2, durationMs: 40 })
  })
})

describe('what they gave back', () => {
  it('bytes by which a step left the file smaller; one that let it grow takes nothing away', async () => {
    const { runner } = createFakeMaintenance({
      inspect: () => ({ status: 'done', after: { fileSizeBytes: 5000 } }),
      checkpoint: sizes(1000, 5000),
      reclaim: sizes(5000, 3000),
      vacuum: sizes(3000, 2500),
      analyze: sizes('3000', 1),
      shrink: sizes(undefined, 1),
    })
    await runner.run({ mode: 'full' })
    await runner.run({ mode: 'full' })
    expect(runner.tally.snapshot().reclaimedBytes).toBe(5000)
  })

  it('rows that tasks have deleted, also in a run that was aborted after them', async () => {
    const controller = new AbortController()
    const abort: Step = () => {
      controller.abort()
      throw new StoreError('ABORTED', 'enough')
    }
    const { runner } = createFakeMaintenance({ inspect: DONE, vacuum: abort })
    const tasks = [deleting('a', 7), deleting('b', 5), deleting('c', 'many'), { name: 'd', run: async () => undefined }]
    expect(await codeOf(() => runner.run({ tasks, signal: controller.signal }))).toBe('ABORTED')
    expect(runner.tally.snapshot()).toMatchObject({ runCount: { aborted: 1 }, deletedRowCount: 12 })
  })
})

it('a snapshot is frozen and of its moment; a reset begins anew', async () => {
  const { runner } = createFakeMaintenance({ inspect: DONE, reclaim: sizes(5, 1) })
  await runner.run({})
  const before = runner.tally.snapshot()
  await runner.run({})
  expect([before.runCount, before.reclaimedBytes]).toEqual([{ ok: 1 }, 4])
  expect([before, before.runCount].every(Object.isFrozen)).toBe(true)
  runner.tally.reset()
  expect(runner.tally.snapshot()).toEqual(NOTHING)
})
