// How a maintenance run ends early, by abort, deadline or stop(), and how several calls share one, over an engine that is
// none. That the work itself stops is tested by the suite.
import type { MaintenanceContext, MaintenanceStepResult, MaintenanceTask } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeMaintenance, DONE, type Step } from './support/fake-maintenance.ts'
import { codeOf, failureOf, track, turns } from './support/outcome.ts'

const untilTold: MaintenanceTask<any>['run'] = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** A step that runs until its run is aborted. */
const untilAborted: Step = (run) =>
  new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)))

describe('ending early', () => {
  it('an abort carries the report so far', async () => {
    const controller = new AbortController()
    const { runner, calls } = createFakeMaintenance({ inspect: DONE, vacuum: untilAborted, shrink: DONE })
    const running = track(runner.run({ signal: controller.signal }))
    await turns()
    controller.abort(new Error('enough'))
    const error = await failureOf(() => running.promise)
    expect([error.code, (error.cause as Error).message, error.report?.outcome]).toEqual([
      'ABORTED',
      'enough',
      'aborted',
    ])
    expect(error.report?.steps.map(({ status }) => status)).toEqual(['done', 'aborted'])
    expect(calls).toEqual(['inspect', 'vacuum', 'close'])
  })

  it('a deadline is a TIMEOUT, with the report too, and its timer goes', async () => {
    const { runner, clock } = createFakeMaintenance({ vacuum: untilAborted })
    const running = track(runner.run({ timeoutMs: 50 }))
    await turns()
    clock.advance(50)
    const error = await failureOf(() => running.promise)
    expect([error.code, error.report?.outcome, clock.pendingMs]).toEqual(['TIMEOUT', 'aborted', []])
  })

  it('an abort while onBegin makes up its mind does not wait for it', async () => {
    const controller = new AbortController()
    const { runner, calls } = createFakeMaintenance({ vacuum: DONE })
    const running = track(runner.run({ signal: controller.signal, onBegin: () => new Promise(() => undefined) }))
    await turns()
    controller.abort()
    await turns()
    expect(running.settled).toBe(true)
    expect(await codeOf(() => running.promise)).toBe('ABORTED')
    expect(calls).toEqual(['close'])
  })

  it('an abort after the last step changes nothing', async () => {
    const controller = new AbortController()
    const { runner } = createFakeMaintenance({
      inspect: () => {
        controller.abort()
        return { status: 'done' }
      },
    })
    expect((await runner.run({ signal: controller.signal })).outcome).toBe('ok')
  })

  it('stop() ends the run under way with CLOSED and waits for it; the run of close() may still begin', async () => {
    const { runner, calls } = createFakeMaintenance({
      vacuum: (run) => (run.mode === 'full' ? untilAborted(run) : DONE(run)),
    })
    const running = track(runner.run({ mode: 'full' }))
    await turns()
    await runner.stop(new AbortController().signal)
    expect(running.settled).toBe(true)
    expect(await codeOf(() => running.promise)).toBe('CLOSED')
    expect((await runner.runAtClose({})).outcome).toBe('ok')
    expect(calls).toEqual(['vacuum', 'close', 'vacuum', 'remember maintained_at', 'close'])
  })
})

describe('single flight', () => {
  it('a second call joins the first and gets its report; the next one is a run of its own', async () => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner, opened } = createFakeMaintenance({ vacuum: () => promise })
    const [first, second] = [runner.run({}), runner.run({ mode: 'full' })]
    await turns()
    resolve({ status: 'done' })
    expect(await second).toBe(await first)
    await runner.run({})
    expect(opened.map(({ mode }) => mode)).toEqual(['auto', 'auto'])
  })

  it("a joiner's signal stops its own waiting only", async () => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner } = createFakeMaintenance({ vacuum: () => promise })
    const controller = new AbortController()
    const first = runner.run({})
    const second = runner.run({ signal: controller.signal })
    await turns()
    controller.abort()
    expect(await codeOf(() => second)).toBe('ABORTED')
    resolve({ status: 'done' })
    expect((await first).outcome).toBe('ok')
  })

  it("a joiner's bad option is refused like anybody's", async () => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner } = createFakeMaintenance({ vacuum: () => promise })
    const first = runner.run({})
    expect(await codeOf(() => runner.run({ budgetMs: -1 }))).toBe('INVALID_ARGUMENT')
    resolve({ status: 'done' })
    await first
  })
})

describe('a call that the run under way would not serve', () => {
  const cleanup: MaintenanceTask<any> = { name: 'cleanup', run: async () => ({ counters: { deletedRowCount: 1 } }) }

  it.each<[string, MaintenanceContext, MaintenanceContext]>([
    ['with a task that the other has not', {}, { tasks: [cleanup] }],
    ['for all steps, while only some run', { steps: ['vacuum'] }, {}],
    ['for a step that is not among them', { steps: ['vacuum'] }, { steps: ['inspect'] }],
    ['in earnest, during a dry run', { dryRun: true, onBegin: () => turns(1) }, {}],
    ['for a dry run, while another is in earnest', {}, { dryRun: true }],
  ])('%s: runs after it', async (_, first, second) => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner, opened } = createFakeMaintenance({ vacuum: () => promise })
    const running = runner.run(first)
    const waiting = track(runner.run(second))
    expect(opened.length).toBe(1)
    resolve({ status: 'done' })
    const reports = [await running, await waiting.promise]
    expect(reports[0]).not.toBe(reports[1])
    expect(opened.length).toBe(2)
    expect(reports[1]?.tasks.map(({ name, status }) => [name, status])).toEqual(
      second.tasks === undefined ? [] : [['cleanup', 'done']],
    )
  })

  it.each<[string, MaintenanceContext, MaintenanceContext]>([
    ['without tasks, while one has some', { tasks: [cleanup] }, {}],
    ['with the same tasks', { tasks: [cleanup] }, { tasks: [cleanup] }],
    ['for one step, while all run', {}, { steps: ['inspect'] }],
    ['for one of the steps that run', { steps: ['inspect', 'vacuum'] }, { steps: ['vacuum'] }],
    ['of two that only look', { dryRun: true }, { dryRun: true }],
  ])('but %s: joins', async (_, first, second) => {
    const { runner, opened } = createFakeMaintenance({ inspect: DONE })
    const [one, two] = [runner.run(first), runner.run(second)]
    expect(await two).toBe(await one)
    expect(opened.length).toBe(1)
  })

  it('several that wait have one run among them', async () => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner, opened } = createFakeMaintenance({ vacuum: () => promise })
    const first = runner.run({ steps: ['vacuum'] })
    const waiting = [runner.run({ tasks: [cleanup] }), runner.run({ tasks: [cleanup] }), runner.run({})]
    resolve({ status: 'done' })
    const [one, two, three] = await Promise.all(waiting)
    await first
    expect([two, three]).toEqual([one, one])
    expect(opened.length).toBe(2)
  })

  it('its deadline goes on from the call, and its signal ends the waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<MaintenanceStepResult>()
    const { runner, opened, clock } = createFakeMaintenance({ vacuum: () => promise })
    const first = runner.run({ steps: ['vacuum'] })
    const controller = new AbortController()
    const aborted = runner.run({ tasks: [cleanup], signal: controller.signal })
    const late = track(runner.run({ tasks: [cleanup], timeoutMs: 100 }))
    const stubborn: MaintenanceTask<any> = { name: 'stubborn', run: untilTold }
    const cut = runner.run({ tasks: [stubborn], timeoutMs: 150 })
    controller.abort()
    expect(await codeOf(() => aborted)).toBe('ABORTED')
    clock.advance(100)
    expect(await codeOf(() => late.promise)).toBe('TIMEOUT')
    expect(opened.length).toBe(1)
    resolve({ status: 'done' })
    await first
    await turns()
    expect(opened.length).toBe(2)
    clock.advance(50)
    expect(await codeOf(() => cut)).toBe('TIMEOUT')
    expect(clock.pendingMs).toEqual([])
  })

  it('stop() refuses those that wait with CLOSED', async () => {
    const { runner, opened } = createFakeMaintenance({ vacuum: untilAborted })
    const first = track(runner.run({ steps: ['vacuum'] }))
    const waiting = track(runner.run({}))
    await runner.stop(new AbortController().signal)
    expect(await codeOf(() => first.promise)).toBe('CLOSED')
    expect(await codeOf(() => waiting.promise)).toBe('CLOSED')
    expect(opened.length).toBe(1)
  })

  it('made inside a task, where nobody can know that: ends with the task’s deadline, not never', async () => {
    const { runner, clock } = createFakeMaintenance({ inspect: DONE })
    let inner: Promise<unknown> | undefined
    const selfish: MaintenanceTask<any> = {
      name: 'selfish',
      timeoutMs: 1000,
      run: async () => {
        inner = runner.run({})
        await inner
      },
    }
    const running = track(runner.run({ tasks: [selfish] }))
    await turns()
    clock.advance(1000)
    await turns()
    clock.advance(5000)
    const report = await running.promise
    expect([report.outcome, report.tasks[0]?.status]).toEqual(['partial', 'failed'])
    expect(await inner).toBe(report)
    expect(clock.pendingMs).toEqual([])
  })
})
