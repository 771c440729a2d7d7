/** Who decides about a maintenance run while it goes on: veto, joining, progress, budget, abort, deadline. */
import { type MaintenanceProgress, maintenanceStepsOf } from '@upkeep/core'
import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

export const maintenanceControl: Topic = ({ harness, expect, expectCode, test }) => {
  test('onBegin sees the plan; false vetoes the run', async ({ openWith }) => {
    const store = await openWith(['person'])
    let planned: readonly string[] = []
    const report = await store.maintenance({
      onBegin: (plan) => {
        planned = plan.steps.map(({ name }) => name)
        expect(plan.mode).toBe('auto')
        return false
      },
    })
    expect(planned.length > 0).toBe(true)
    expect(report).toMatchObject({ outcome: 'skipped', steps: [] })
    expect((report.reason ?? '').length > 0).toBe(true)
  })

  test('onBegin that throws ends the run with its error', async ({ openWith }) => {
    const store = await openWith(['person'])
    const outcome = await rejectionOf(store.maintenance({ onBegin: () => Promise.reject(new Error('mine')) }))
    expect(outcome instanceof Error).toBe(true)
    expect((await store.maintenance()).outcome).toBe('ok')
  })

  test('a second call joins the first and gets the same report', async ({ openWith }) => {
    const store = await openWith(['person'])
    const begun = createGate()
    const proceed = createGate()
    const first = store.maintenance({
      onBegin: async () => {
        begun.open()
        await proceed.opened
      },
    })
    await begun.opened
    const second = store.maintenance()
    const impatient = new AbortController()
    const third = rejectionOf(store.maintenance({ signal: impatient.signal }))
    impatient.abort()
    expect(await third).toMatchObject({ code: 'ABORTED' })
    proceed.open()
    const report = await first
    expect(report.outcome).toBe('ok')
    expect(await second).toBe(report)
    expect((await store.maintenance()) === report).toBe(false)
  })

  test('progress goes on and never back, and what onProgress throws is nobody’s business', async ({ openWith }) => {
    const store = await openWith(['person'], { logger: { warn: () => undefined, error: () => undefined } })
    await fillPeople(store.db, 2000)
    const seen: MaintenanceProgress[] = []
    const report = await store.maintenance({
      mode: 'full',
      integrity: maintenanceStepsOf(harness.capabilities).includes('integrity') ? 'quick' : 'off',
      onProgress: (progress) => {
        seen.push(progress)
        throw new Error('mine')
      },
    })
    expect(report.outcome).toBe('ok')
    expect(seen.length > 0).toBe(true)
    const last = new Map<string, MaintenanceProgress>()
    for (const progress of seen) {
      const before = last.get(progress.step ?? '')
      if (before !== undefined) expect([progress.unit, progress.done >= before.done]).toEqual([before.unit, true])
      if (progress.total !== undefined) expect(progress.done <= progress.total).toBe(true)
      last.set(progress.step ?? '', progress)
    }
    expect([...last.keys()].every((name) => report.steps.some((step) => step.name === name))).toBe(true)
  })

  test('a budget that is spent begins no step more, and says so', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const report = await store.maintenance({ budgetMs: 100, onBegin: () => clock.advance(100) })
    expect(report.outcome === 'ok').toBe(false)
    expect(report.steps.some(({ status }) => status === 'done')).toBe(false)
    expect(report.steps.some(({ status }) => status === 'blocked')).toBe(true)
  })

  test('an abort rejects with ABORTED, its reason, and the report so far', async ({ openWith }) => {
    const store = await openWith(['person'])
    const controller = new AbortController()
    const reason = new Error('enough')
    const running = store.maintenance({ signal: controller.signal, onBegin: () => controller.abort(reason) })
    const error = await expectCode(running, 'ABORTED')
    expect(error.cause).toBe(reason)
    expect(error.report?.outcome).toBe('aborted')
    await store.db.insertInto('person').values({ id: 1, name: 'ann', age: 1 }).execute()
    expect((await store.maintenance()).outcome).toBe('ok')
  })

  test('past its timeoutMs it is TIMEOUT with the report', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const running = store.maintenance({ timeoutMs: 50, onBegin: () => clock.advance(50) })
    expect((await expectCode(running, 'TIMEOUT')).report?.outcome).toBe('aborted')
  })
}
