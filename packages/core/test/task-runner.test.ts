// One task, contained: what it may do wrong, and what that costs. That a run goes on after it, and what an engine does
// meanwhile, is tested by the suite.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type AmbientScope,
  isStoreError,
  type MaintenanceTask,
  StoreError,
  type TaskReport,
  type TaskStore,
} from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { type TaskRun, TaskRunner } from '../dist/maintenance/task-runner.js'
import { createManualClock } from './support/manual-clock.ts'
import { track, turns } from './support/outcome.ts'

const GRACE_MS = 5000
const HURRIED_GRACE_MS = 100
const DEFAULT_TIMEOUT_MS = 600_000

function create(asyncContext = new AsyncLocalStorage<AmbientScope | undefined>()) {
  const clock = createManualClock()
  const warnings: unknown[] = []
  const log = { warn: (_: string, fields: unknown) => void warnings.push(fields), error: () => undefined }
  const [controller, hurry] = [new AbortController(), new AbortController()]
  const runner = new TaskRunner({} as TaskStore<any>, asyncContext, clock, log, hurry.signal)
  const progress: number[] = []
  const run: TaskRun = {
    signal: controller.signal,
    dryRun: false,
    budgetLeftMs: () => Number.POSITIVE_INFINITY,
    progress: (done) => void progress.push(done),
  }
  const conclude = (work: MaintenanceTask<any>['run'], timeoutMs?: number): Promise<TaskReport> =>
    runner.run(task(work, timeoutMs), run)
  return { clock, warnings, runner, controller, hurry, run, progress, conclude }
}

const task = (run: MaintenanceTask<any>['run'], timeoutMs?: number): MaintenanceTask<any> => ({
  name: 'cleanup',
  run,
  timeoutMs,
})

describe('what a task says of itself', () => {
  it('nothing: it is done', async () => {
    const { clock, conclude } = create()
    const report = await conclude(async () => clock.advance(40))
    expect(report).toEqual({ name: 'cleanup', status: 'done', durationMs: 40 })
    expect(clock.pendingMs).toEqual([])
  })

  it('counters, which are its own copy, and that there is more to do', async () => {
    const { conclude } = create()
    const counters = { deletedRowCount: 3 }
    const report = await conclude(async () => ({ status: 'blocked', reason: 'the budget', counters }))
    counters.deletedRowCount = 4
    expect(report).toMatchObject({ status: 'blocked', reason: 'the budget', counters: { deletedRowCount: 3 } })
    expect(Object.isFrozen(report.counters)).toBe(true)
  })

  it.each([['a word'], [null], [7], [{ status: 'splendid' }]])('%j, which is no result: it is done', async (result) => {
    const { conclude } = create()
    expect((await conclude(async () => result as never)).status).toBe('done')
  })

  it('a result that throws when it is read has failed', async () => {
    const { conclude } = create()
    const result = {
      get status(): 'done' {
        throw new RangeError('mine')
      },
    }
    expect(await conclude(async () => result)).toMatchObject({ status: 'failed', reason: 'RangeError' })
  })
})

describe('a task that throws', () => {
  it.each([
    [
      'before it returns a promise',
      () => {
        throw new RangeError('secret')
      },
    ],
    ['by rejecting', () => Promise.reject(new RangeError('secret'))],
  ])('%s has failed; its message stays with the error', async (_, work) => {
    const { clock, conclude } = create()
    const { error, ...report } = await conclude(work)
    expect(report).toEqual({ name: 'cleanup', status: 'failed', reason: 'RangeError', durationMs: 0 })
    expect(error).toBeInstanceOf(RangeError)
    expect(clock.pendingMs).toEqual([])
  })

  it('what is no error is told by its type, an error of the store by its code', async () => {
    const { conclude } = create()
    expect(await conclude(() => Promise.reject('secret'))).toMatchObject({
      status: 'failed',
      reason: 'string',
    })
    const full = new StoreError('FULL', 'the disk is full')
    expect(await conclude(() => Promise.reject(full))).toMatchObject({
      status: 'failed',
      reason: 'FULL: the disk is full',
      error: full,
    })
  })
})

describe('a task that is not begun', () => {
  it('on a dry run is skipped, without budget blocked', async () => {
    const { run, runner } = create()
    const never = task(() => Promise.reject(new Error('it was begun')))
    expect((await runner.run(never, { ...run, dryRun: true })).status).toBe('skipped')
    expect((await runner.run(never, { ...run, budgetLeftMs: () => 0 })).status).toBe('blocked')
  })
})

describe('its deadline', () => {
  it('aborts its signal with TIMEOUT: a task that obeys has failed', async () => {
    const { clock, run, runner, warnings } = create()
    const obeying = task(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
      100,
    )
    const running = runner.run(obeying, run)
    expect(clock.pendingMs).toEqual([100])
    clock.advance(100)
    const report = await running
    expect(report.status).toBe('failed')
    expect(isStoreError(report.error) && report.error.code).toBe('TIMEOUT')
    expect([clock.pendingMs, warnings]).toEqual([[], []])
  })

  it('is ten minutes unless it has its own', async () => {
    const { clock, conclude } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = conclude(() => promise)
    expect(clock.pendingMs).toEqual([DEFAULT_TIMEOUT_MS])
    resolve()
    expect((await running).status).toBe('done')
  })

  it('what a task has done while it was being aborted is done', async () => {
    const { clock, run, runner } = create()
    const late = task(
      ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve({ counters: { deletedRowCount: 5 } }), { once: true }),
        ),
      100,
    )
    const running = runner.run(late, run)
    clock.advance(100)
    expect(await running).toMatchObject({ status: 'done', counters: { deletedRowCount: 5 } })
  })
})

describe('a task that ignores its signal', () => {
  it('is left behind after a grace, is blocked while it is still at work, and runs again once it has settled', async () => {
    const { clock, progress, run, runner, warnings } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    let beginCount = 0
    const stubborn = task(async (context) => {
      beginCount++
      if (beginCount > 1) return
      await promise
      context.progress(9, 9)
    }, 100)
    const running = track(runner.run(stubborn, run))
    clock.advance(100)
    await turns()
    expect([running.settled, clock.pendingMs]).toEqual([false, [GRACE_MS]])
    clock.advance(GRACE_MS)
    const report = await running.promise
    expect([report.status, report.durationMs]).toEqual(['failed', 100 + GRACE_MS])
    expect(isStoreError(report.error) && report.error.code).toBe('TIMEOUT')
    expect([warnings, clock.pendingMs]).toEqual([[{ task: 'cleanup' }], []])

    expect(await runner.run(stubborn, run)).toMatchObject({ status: 'blocked', durationMs: 0 })
    expect(beginCount).toBe(1)
    expect((await runner.run({ name: 'another', run: async () => undefined }, run)).status).toBe('done')

    resolve()
    await turns()
    expect((await runner.run(stubborn, run)).status).toBe('done')
    expect([beginCount, progress]).toEqual([2, []])
  })

  it('and settles within the grace leaves no timer', async () => {
    const { clock, conclude, warnings } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = conclude(() => promise, 100)
    clock.advance(100 + GRACE_MS - 1)
    resolve()
    expect((await running).status).toBe('done')
    expect([clock.pendingMs, warnings]).toEqual([[], []])
  })

  it('when it is the run that ends, is aborted and not failed', async () => {
    const { clock, conclude, controller } = create()
    const running = conclude(() => new Promise(() => undefined))
    controller.abort(new Error('enough'))
    clock.advance(GRACE_MS)
    const report = await running
    expect(report.status).toBe('aborted')
    expect(isStoreError(report.error) && report.error.code).toBe('ABORTED')
  })
})

describe('a close in a hurry', () => {
  it('leaves a task that ignores its signal behind soon, and counts it', async () => {
    const { clock, conclude, controller, hurry, runner } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = track(conclude(() => promise))
    controller.abort(new Error('enough'))
    hurry.abort()
    clock.advance(HURRIED_GRACE_MS - 1)
    await turns()
    expect(running.settled).toBe(false)
    clock.advance(1)
    expect((await running.promise).status).toBe('aborted')
    expect([runner.leftBehindCount, clock.pendingMs]).toEqual([1, []])
    resolve()
    await turns()
    expect(runner.leftBehindCount).toBe(0)
  })

  it('waits for one that obeys, and sets no timer for one that was left behind before', async () => {
    const { clock, conclude, controller, hurry, runner, run } = create()
    const stubborn = conclude(() => new Promise(() => undefined), 100)
    clock.advance(100 + GRACE_MS)
    expect((await stubborn).status).toBe('failed')
    const obeying = runner.run(
      { name: 'obeying', run: ({ signal }) => new Promise((done) => signal.addEventListener('abort', () => done())) },
      run,
    )
    controller.abort(new Error('enough'))
    hurry.abort()
    expect((await obeying).status).toBe('done')
    expect(clock.pendingMs).toEqual([])
  })
})

describe('the end of the run', () => {
  it('aborts the task: aborted, whatever it throws then', async () => {
    const { clock, conclude, controller } = create()
    const mine = new Error('mine')
    const running = conclude(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(mine))),
    )
    controller.abort()
    expect(await running).toMatchObject({ status: 'aborted', error: mine })
    expect(clock.pendingMs).toEqual([])
  })
})

describe('where it is known what code belongs to a task', () => {
  it('it is inside, also behind an await and a timer, until it has settled', async () => {
    const { conclude, runner } = create()
    const seen: boolean[] = [runner.isInside]
    const outlived = Promise.withResolvers<void>()
    await conclude(async () => {
      seen.push(runner.isInside)
      await turns(1)
      seen.push(runner.isInside)
      void turns(3).then(() => {
        seen.push(runner.isInside)
        outlived.resolve()
      })
    })
    seen.push(runner.isInside)
    // What a task has begun and not awaited, such as a service, is not inside for ever.
    await outlived.promise
    expect(seen).toEqual([false, true, true, false, false])
  })

  it('it is not inside the tasks of another store', async () => {
    const asyncContext = new AsyncLocalStorage<AmbientScope | undefined>()
    const { conclude, runner } = create(asyncContext)
    const other = create(asyncContext)
    const seen: boolean[] = []
    await conclude(async () => {
      seen.push(runner.isInside, other.runner.isInside)
      await other.runner.run(
        task(async () => void seen.push(runner.isInside, other.runner.isInside)),
        other.run,
      )
    })
    expect(seen).toEqual([true, false, true, true])
  })
})
