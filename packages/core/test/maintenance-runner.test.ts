// How a maintenance run is conducted, over an engine that is none: plan, veto, budget, progress, report. How it ends
// early, and how several join, has a file of its own; what the steps do is tested by the suite.
import { type MaintenanceStepName, StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeMaintenance, DONE, type Step } from './support/fake-maintenance.ts'
import { codeOf, turns } from './support/outcome.ts'

describe('the report', () => {
  it.each<[string, Partial<Record<MaintenanceStepName, Step>>, string]>([
    ['all done', { inspect: DONE, analyze: DONE }, 'ok'],
    ['some skipped', { inspect: DONE, analyze: () => ({ status: 'skipped' }) }, 'ok'],
    ['some blocked', { inspect: DONE, vacuum: () => ({ status: 'blocked' }) }, 'partial'],
    ['some failed', { inspect: DONE, vacuum: () => ({ status: 'failed' }) }, 'partial'],
    [
      'nothing but failures',
      { vacuum: () => ({ status: 'failed' }), analyze: () => ({ status: 'blocked' }) },
      'failed',
    ],
    [
      'nothing but blocked',
      { vacuum: () => ({ status: 'blocked' }), analyze: () => ({ status: 'skipped' }) },
      'blocked',
    ],
    ['nothing to do', {}, 'ok'],
  ])('%s', async (_what, steps, outcome) => {
    expect((await createFakeMaintenance(steps).runner.run({})).outcome).toBe(outcome)
  })

  it('has each step in its order, with its time, reason and measurements, and cannot be changed', async () => {
    const { runner, clock } = createFakeMaintenance({
      inspect: () => {
        clock.advance(5)
        return { status: 'done', after: { pageCount: 7 } }
      },
      vacuum: () => ({ status: 'blocked', reason: 'no room', before: { fileSizeBytes: 1 } }),
    })
    const report = await runner.run({ mode: 'full' })
    expect(report).toMatchObject({ backend: 'fake', mode: 'full', dryRun: false, durationMs: 5, outcome: 'partial' })
    expect(report.steps).toEqual([
      { name: 'inspect', durationMs: 5, status: 'done', after: { pageCount: 7 } },
      { name: 'vacuum', durationMs: 0, status: 'blocked', reason: 'no room', before: { fileSizeBytes: 1 } },
    ])
    expect([report, report.steps, ...report.steps].every(Object.isFrozen)).toBe(true)
  })

  it('a step that throws: BUSY is blocked, other failures failed, and the run goes on', async () => {
    const throws =
      (error: unknown): Step =>
      () =>
        Promise.reject(error)
    const { runner, calls } = createFakeMaintenance({
      checkpoint: throws(new StoreError('BUSY', 'later')),
      vacuum: throws(new StoreError('CONNECTION', 'gone')),
      shrink: DONE,
    })
    const { steps, outcome } = await runner.run({})
    expect(steps.map(({ status }) => status)).toEqual(['blocked', 'failed', 'done'])
    expect(steps[1]?.reason).toContain('CONNECTION')
    expect([outcome, calls.at(-1)]).toEqual(['partial', 'close'])
  })

  it('damage is told at once, and the session is closed', async () => {
    const { runner, calls } = createFakeMaintenance({
      integrity: () => Promise.reject(new StoreError('CORRUPT', 'page 5')),
      vacuum: DONE,
    })
    expect(await codeOf(() => runner.run({}))).toBe('CORRUPT')
    expect(calls).toEqual(['integrity', 'close'])
  })
})

describe('beginning', () => {
  it('one that must not begin is skipped with its reason', async () => {
    const { runner, calls } = createFakeMaintenance({ vacuum: DONE }, 'another maintainer')
    expect(await runner.run({})).toMatchObject({ outcome: 'skipped', reason: 'another maintainer', steps: [] })
    expect(calls).toEqual(['close'])
  })

  it('onBegin sees the plan and may veto it, in its own time', async () => {
    const { runner, calls } = createFakeMaintenance({ vacuum: DONE })
    const seen: unknown[] = []
    const report = await runner.run({
      onBegin: async (plan) => {
        seen.push(plan.steps.map(({ name }) => name))
        await turns(1)
        return false
      },
    })
    expect([report.outcome, calls, seen]).toEqual(['skipped', ['close'], [['vacuum']]])
    for (const answer of [true, undefined]) {
      expect((await runner.run({ onBegin: () => answer })).outcome).toBe('ok')
    }
  })

  it('an onBegin that fails fails the run, and the session is closed', async () => {
    const { runner, calls } = createFakeMaintenance({ vacuum: DONE })
    await expect(runner.run({ onBegin: () => Promise.reject(new Error('no')) })).rejects.toThrow('no')
    expect(calls).toEqual(['close'])
  })

  it('a dry run says of each step why it would run, and runs none', async () => {
    const { runner, calls, opened } = createFakeMaintenance({ inspect: DONE, vacuum: DONE })
    const report = await runner.run({ dryRun: true })
    expect(report.dryRun).toBe(true)
    expect(report.steps.map(({ status, reason }) => [status, reason?.includes('because')])).toEqual([
      ['skipped', true],
      ['skipped', true],
    ])
    expect([calls, opened[0]?.dryRun]).toEqual([['close'], true])
  })

  it('a bad option is refused before the engine is asked', async () => {
    const { runner, opened } = createFakeMaintenance({})
    expect(await codeOf(() => runner.run({ mode: 'deep' as never }))).toBe('INVALID_ARGUMENT')
    expect(opened).toEqual([])
  })
})

describe('the budget', () => {
  it('begins no step once it is spent, and the step knows what is left', async () => {
    const left: number[] = []
    const { runner, clock } = createFakeMaintenance({
      inspect: (run) => {
        left.push(run.budgetLeftMs())
        clock.advance(60)
        left.push(run.budgetLeftMs())
        return { status: 'done' }
      },
      analyze: () => {
        clock.advance(40)
        return { status: 'done' }
      },
      shrink: DONE,
    })
    const { steps, outcome } = await runner.run({ budgetMs: 100 })
    expect([left, steps.map(({ status }) => status), outcome]).toEqual([
      [100, 40],
      ['done', 'done', 'blocked'],
      'partial',
    ])
  })

  it('there is none unless it is asked for; of nothing nothing is done', async () => {
    const { runner, opened } = createFakeMaintenance({ inspect: DONE })
    await runner.run({})
    expect(opened[0]?.budgetLeftMs()).toBe(Number.POSITIVE_INFINITY)
    expect((await runner.run({ budgetMs: 0 })).outcome).toBe('blocked')
  })
})

describe('progress', () => {
  it('what onProgress throws is logged and stops nothing', async () => {
    const { runner, warnings } = createFakeMaintenance({
      vacuum: (run) => {
        run.progress('vacuum', 1, 2, 'pages')
        return { status: 'done' }
      },
    })
    const seen: unknown[] = []
    const report = await runner.run({
      onProgress: (progress) => {
        seen.push(progress)
        throw new Error('mine')
      },
    })
    expect([report.outcome, warnings.length]).toEqual(['ok', 1])
    expect(seen).toEqual([{ step: 'vacuum', done: 1, total: 2, unit: 'pages' }])
  })
})
