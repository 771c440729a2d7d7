// How a maintenance run ends early, by abort, deadline or stop(), and how several calls share one, over an engine that is
// none. That the work itself stops is tested by the suite.
import type { MaintenanceStepResult } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeMaintenance, DONE, type Step } from './support/fake-maintenance.ts'
import { codeOf, failureOf, track, turns } from './support/outcome.ts'

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
    await runner.stop()
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
