// What a maintenance service tells of its runs: what an attempt, a success and an error are, and counters per task.
import { type MaintenanceReport, StoreError, type TaskReport } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeService, type FakeService } from './support/fake-service.ts'
import { report } from './support/fake-store.ts'
import { turns } from './support/outcome.ts'

const EPOCH_MS = Date.UTC(2026, 0, 1)
const at = (ms: number): Date => new Date(EPOCH_MS + ms)
const NOTHING = { ok: 0, partial: 0, blocked: 0, skipped: 0, failed: 0, aborted: 0 }

function create(taskNames: readonly string[] = []): FakeService {
  return createFakeService({ tasks: taskNames.map((name) => ({ name, run: async () => undefined })) })
}

/** A run that takes 10 ms and ends like this. */
async function run({ fake, service }: FakeService, end: Partial<MaintenanceReport> | Error): Promise<void> {
  fake.maintain = async () => {
    fake.clock.advance(10)
    if (end instanceof Error) throw end
    return report(end)
  }
  await service.runNow().catch(() => undefined)
}

const cleanup = (more: Partial<TaskReport>): TaskReport => ({ name: 'cleanup', status: 'done', durationMs: 5, ...more })

describe('attempt, success and error', () => {
  it('are undefined for never', () => {
    const { service } = create()
    expect(service.stats()).toEqual({ state: 'idle', isRunInFlight: false, runCount: NOTHING, tasks: {} })
  })

  it('a run that is ok: an attempt when it began, a success when it ended', async () => {
    const one = create()
    await run(one, {})
    expect(one.service.stats()).toMatchObject({
      runCount: { ...NOTHING, ok: 1 },
      lastAttempt: at(0),
      lastSuccess: at(10),
      lastError: undefined,
    })
  })

  it('a run in which a task failed is no success, whatever else it did', async () => {
    const one = create()
    await run(one, {})
    await run(one, {
      outcome: 'partial',
      tasks: [cleanup({ status: 'done' }), cleanup({ name: 'second', status: 'failed', reason: 'RangeError' })],
    })
    expect(one.service.stats()).toMatchObject({
      runCount: { ...NOTHING, ok: 1, partial: 1 },
      lastAttempt: at(10),
      lastSuccess: at(10),
      lastError: { at: at(20), source: 'task second', code: 'UNKNOWN', reason: 'RangeError' },
    })
    await run(one, {})
    // An error stays on record; the dates tell which is the later.
    expect(one.service.stats()).toMatchObject({ lastSuccess: at(30), lastError: { at: at(20) } })
  })

  it('of a task that failed with an error of the store its code is known, of a step its reason', async () => {
    const one = create()
    const error = new StoreError('FULL', 'the disk is full')
    await run(one, { outcome: 'partial', tasks: [cleanup({ status: 'failed', reason: 'FULL: …', error })] })
    expect(one.service.stats().lastError).toMatchObject({ source: 'task cleanup', code: 'FULL' })
    await run(one, {
      outcome: 'failed',
      steps: [{ name: 'reclaim', status: 'failed', reason: 'FULL: …', durationMs: 1 }],
    })
    expect(one.service.stats().lastError).toEqual({ at: at(20), source: 'step reclaim', reason: 'FULL: …' })
  })

  it('what was blocked is neither success nor error', async () => {
    const one = create()
    await run(one, { outcome: 'partial', steps: [{ name: 'checkpoint', status: 'blocked', durationMs: 1 }] })
    expect(one.service.stats()).toMatchObject({ lastAttempt: at(0), lastSuccess: undefined, lastError: undefined })
    expect(one.fake.logged).toEqual([])
  })

  it('a run that another maintainer was in the way of is an attempt, and neither; their success counts', async () => {
    const one = create()
    await run(one, { outcome: 'skipped', reason: 'process 7 is at it' })
    expect(one.service.stats()).toMatchObject({
      runCount: { ...NOTHING, skipped: 1 },
      lastAttempt: at(0),
      lastSuccess: undefined,
      lastError: undefined,
    })
    one.fake.lastMaintenance = async () => at(-500)
    await run(one, { outcome: 'skipped' })
    expect(one.service.stats().lastSuccess).toEqual(at(-500))
  })

  it('a dry run is no success', async () => {
    const one = create()
    await run(one, { dryRun: true })
    expect(one.service.stats()).toMatchObject({ runCount: { ok: 1 }, lastSuccess: undefined })
  })

  it.each([
    ['TIMEOUT', 'aborted', true],
    ['ABORTED', 'aborted', false],
    ['CLOSED', 'aborted', false],
    ['CORRUPT', 'failed', true],
    ['BUSY', 'failed', true],
  ] as const)('a run that rejects with %s is %s; an error: %j', async (code, outcome, isError) => {
    const one = create(['cleanup'])
    await run(
      one,
      new StoreError(code, 'so', { report: report({ tasks: [cleanup({ counters: { deletedRowCount: 2 } })] }) }),
    )
    const { lastError, lastSuccess, runCount, tasks } = one.service.stats()
    expect([runCount, lastSuccess]).toEqual([{ ...NOTHING, [outcome]: 1 }, undefined])
    expect(lastError).toEqual(isError ? { at: at(10), source: 'run', code, reason: 'so' } : undefined)
    expect(tasks.cleanup).toMatchObject({ runCount: 1, counters: { deletedRowCount: 2 } })
    expect(one.fake.logged.map(({ fields }) => fields)).toEqual(isError ? [{ code }] : [])
  })

  it('an error that is not the store’s is told by its name, and logged as UNKNOWN', async () => {
    const one = create()
    await run(one, new RangeError('secret'))
    expect(one.service.stats().lastError).toEqual({ at: at(10), source: 'run', code: 'UNKNOWN', reason: 'RangeError' })
    expect(JSON.stringify(one.fake.logged)).not.toContain('secret')
  })
})

describe('what the database remembers', () => {
  it('is read at the start: a success survives a restart', async () => {
    const { fake, service } = create()
    fake.lastMaintenance = async () => at(-1000)
    expect(service.stats().lastSuccess).toBeUndefined()
    service.start()
    await turns()
    expect(service.stats()).toMatchObject({ lastSuccess: at(-1000), lastAttempt: undefined })
    await service.stop()
  })

  it('does not count where more is known here', async () => {
    const one = create()
    await run(one, {})
    one.fake.lastMaintenance = async () => at(-1000)
    await run(one, { outcome: 'skipped' })
    expect(one.service.stats().lastSuccess).toEqual(at(10))
  })

  it('that cannot be read is logged by its code, and is no error of a run', async () => {
    const { fake, service } = create()
    fake.lastMaintenance = () => Promise.reject(new StoreError('BUSY', 'in the way'))
    service.start()
    await turns()
    expect(service.stats()).toMatchObject({ lastSuccess: undefined, lastError: undefined })
    expect(fake.logged.map(({ fields }) => fields)).toEqual([{ code: 'BUSY' }])
    await service.stop()
  })
})

describe('tasks', () => {
  it('are there from the beginning', () => {
    const { service } = create(['cleanup', '__proto__'])
    expect(Object.entries(service.stats().tasks)).toEqual(
      ['cleanup', '__proto__'].map((name) => [
        name,
        { runCount: 0, failureCount: 0, lastStatus: undefined, durationMs: 0, counters: {} },
      ]),
    )
  })

  it('are summed over the runs: numbers only', async () => {
    const one = create(['cleanup', 'second'])
    await run(one, { tasks: [cleanup({ counters: { deletedRowCount: 100, table: 'person', full: true } })] })
    await run(one, { tasks: [cleanup({ counters: { deletedRowCount: 20, batchCount: 1 } })] })
    await run(one, { outcome: 'failed', tasks: [cleanup({ status: 'failed', reason: 'Error' })] })
    await run(one, { outcome: 'blocked', tasks: [cleanup({ status: 'blocked', reason: 'the budget' })] })
    expect(one.service.stats().tasks).toEqual({
      cleanup: {
        runCount: 4,
        failureCount: 1,
        lastStatus: 'blocked',
        durationMs: 20,
        counters: { deletedRowCount: 120, batchCount: 1 },
      },
      second: { runCount: 0, failureCount: 0, durationMs: 0, counters: {} },
    })
  })

  it('of somebody else’s run that was joined do not count here', async () => {
    const one = create(['cleanup'])
    await run(one, { tasks: [cleanup({ name: 'theirs' })] })
    expect(Object.keys(one.service.stats().tasks)).toEqual(['cleanup'])
  })
})

describe('the snapshot', () => {
  it('stays what it was, and cannot be changed', async () => {
    const one = create(['cleanup'])
    await run(one, {
      outcome: 'partial',
      tasks: [cleanup({ status: 'failed', reason: 'Error', counters: { deletedRowCount: 1 } })],
    })
    await run(one, {})
    const before = one.service.stats()
    const { lastAttempt, lastError, lastSuccess, runCount, tasks } = before
    for (const part of [before, runCount, tasks, tasks.cleanup, tasks.cleanup?.counters, lastError]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    const copy = structuredClone(before)
    await run(one, { tasks: [cleanup({ counters: { deletedRowCount: 1 } })] })
    expect(before).toEqual(copy)
    for (const date of [lastAttempt, lastSuccess, lastError?.at]) date?.setTime(0)
    expect(one.service.stats()).toMatchObject({ lastAttempt: at(20), lastSuccess: at(30), lastError: { at: at(10) } })
  })
})
