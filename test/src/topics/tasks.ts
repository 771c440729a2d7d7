/**
 * The tasks of `maintenance()`: their order, their containment, what the report says of them, and that the steps see
 * what they have freed. Not: tasks that are not begun, ready-made ones, or a service that runs them.
 */
import type { MaintenanceProgress, MaintenanceTask } from '@upkeep/core'
import { fillPeople } from '../suite/fill-people.ts'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const GRACE_MS = 5000
/** The same where the store closes in a hurry. */
const HURRIED_GRACE_MS = 100

export const tasks: Topic = ({ harness, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('they run first, in their order; onBegin sees their names', async ({ openWith }) => {
    const store = await openWith(['person'])
    const order: string[] = []
    const note = (name: string): MaintenanceTask<TestSchema> => ({ name, run: async () => void order.push(name) })
    let planned: readonly string[] = []
    const report = await store.maintenance({
      tasks: [note('second'), note('first')],
      onBegin: (plan) => {
        planned = plan.tasks
        order.push('onBegin')
      },
      onProgress: ({ step }) => {
        if (step !== undefined && !order.includes('steps')) order.push('steps')
      },
    })
    expect(planned).toEqual(['second', 'first'])
    expect(order).toEqual(['onBegin', 'second', 'first', 'steps'])
    expect(report.outcome).toBe('ok')
    expect(report.tasks.map(({ name, status }) => [name, status])).toEqual([
      ['second', 'done'],
      ['first', 'done'],
    ])
  })

  test('they work on the store, and what they count is in the report', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const report = await store.maintenance({
      tasks: [
        {
          name: 'count',
          async run({ store: inner, signal, clock }) {
            expect([signal.aborted, clock.now() instanceof Date]).toEqual([false, true])
            await inner.transaction((tx) => tx.updateTable('counter').set({ value: 7 }).execute())
            const { value } = await inner.db.selectFrom('counter').select('value').executeTakeFirstOrThrow()
            return { counters: { value } }
          },
        },
      ],
    })
    expect(report.tasks[0]).toMatchObject({ name: 'count', status: 'done', counters: { value: 7 } })
  })

  test('one that fails keeps neither the next nor the steps from running, and the run is no success', async (t) => {
    const store = await t.openWith(['person'])
    const good: MaintenanceTask<TestSchema> = { name: 'good', run: async () => undefined }
    const failure = new RangeError('secret')
    const report = await store.maintenance({
      tasks: [
        { name: 'rejects', run: () => Promise.reject(failure) },
        {
          name: 'throws',
          run: () => {
            throw failure
          },
        },
        good,
      ],
    })
    expect(report.outcome).toBe('partial')
    expect(report.tasks.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'RangeError'],
      ['failed', 'RangeError'],
      ['done', undefined],
    ])
    expect(report.tasks[0]?.error).toBe(failure)
    expect(report.steps.some(({ status }) => status === 'done')).toBe(true)
    expect(await store.lastMaintenance()).toBe(undefined)
    await store.maintenance({ tasks: [good] })
    expect(await store.lastMaintenance()).toBeInstanceOf(Date)
  })

  test('a dry run begins none of them', async ({ openWith }) => {
    const store = await openWith(['person'])
    const report = await store.maintenance({
      dryRun: true,
      tasks: [{ name: 'never', run: () => Promise.reject(new Error('it was begun')) }],
    })
    expect([report.outcome, report.tasks[0]?.status]).toEqual(['ok', 'skipped'])
    expect((report.tasks[0]?.reason ?? '').length > 0).toBe(true)
  })

  test('a veto is before them too', async ({ openWith }) => {
    const store = await openWith(['person'])
    const never = { name: 'never', run: () => Promise.reject(new Error('it was begun')) }
    expect(await store.maintenance({ tasks: [never], onBegin: () => false })).toMatchObject({
      outcome: 'skipped',
      tasks: [],
    })
  })

  test('they share the budget with the steps: what is not begun is blocked', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const left: number[] = []
    const spend = (name: string): MaintenanceTask<TestSchema> => ({
      name,
      async run({ budgetLeftMs }) {
        left.push(budgetLeftMs())
        clock.advance(60)
      },
    })
    const report = await store.maintenance({ budgetMs: 100, tasks: [spend('one'), spend('two'), spend('three')] })
    expect(left).toEqual([100, 40])
    expect(report.tasks.map(({ status }) => status)).toEqual(['done', 'done', 'blocked'])
    expect(report.steps.some(({ status }) => status === 'done')).toBe(false)
    expect(report.outcome).toBe('partial')
  })

  test('their progress reaches onProgress, in rows', async ({ openWith }) => {
    const store = await openWith(['person'])
    const seen: MaintenanceProgress[] = []
    await store.maintenance({
      tasks: [{ name: 'count', run: async ({ progress }) => progress(5, 10) }],
      onProgress: (progress) => {
        if (progress.task !== undefined) seen.push(progress)
      },
    })
    expect(seen).toEqual([{ task: 'count', done: 5, total: 10, unit: 'rows' }])
  })

  test('an abort ends the task and the run; what was done is in the report', async ({ openWith }) => {
    const store = await openWith(['person'])
    const controller = new AbortController()
    const running = store.maintenance({
      signal: controller.signal,
      tasks: [
        { name: 'one', run: async () => undefined },
        {
          name: 'two',
          run: ({ signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason), { once: true })
              controller.abort(new Error('enough'))
            }),
        },
        { name: 'three', run: () => Promise.reject(new Error('it was begun')) },
      ],
    })
    const { report } = await expectCode(running, 'ABORTED')
    expect(report?.outcome).toBe('aborted')
    expect(report?.tasks.map(({ name, status }) => [name, status])).toEqual([
      ['one', 'done'],
      ['two', 'aborted'],
    ])
  })

  test('one that ignores its signal is left behind, and is not begun again before it has settled', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const end = createGate()
    const settled = createGate()
    const stubborn: MaintenanceTask<TestSchema> = {
      name: 'stubborn',
      timeoutMs: 150,
      run: () => end.opened.then(settled.open),
    }
    const running = store.maintenance({ tasks: [stubborn] })
    await clock.timerSet(150)
    clock.advance(150)
    await clock.timerSet(GRACE_MS)
    clock.advance(GRACE_MS)
    const first = await running
    expect([first.outcome, first.tasks[0]?.status]).toEqual(['partial', 'failed'])
    expect((await store.maintenance({ tasks: [stubborn] })).tasks[0]?.status).toBe('blocked')
    end.open()
    await settled.opened
    expect((await store.maintenance({ tasks: [stubborn] })).tasks[0]?.status).toBe('done')
  })

  test('close() without a drain does not wait for one that ignores its signal, and counts it', async (t) => {
    const clock = t.manualClock()
    const store = await t.openWith(['person'], { clock })
    const [begun, end] = [createGate(), createGate()]
    const running = store.maintenance({
      tasks: [
        {
          name: 'stubborn',
          run: () => {
            begun.open()
            return end.opened
          },
        },
      ],
    })
    await begun.opened
    const told = expectCode(running, 'CLOSED')
    const closing = store.close({ drainMs: 0, maintenanceOnClose: false })
    clock.advance(0)
    await clock.timerSet(HURRIED_GRACE_MS)
    clock.advance(HURRIED_GRACE_MS)
    const { clean, abandoned } = await closing
    expect((await told).report?.tasks[0]?.status).toBe('aborted')
    // The run was under way as well.
    expect([clean, abandoned >= 1, clock.pendingCount]).toEqual([false, true, 0])
    end.open()
  })

  test('a call with tasks does not join a run without them: it runs after it', async ({ openWith }) => {
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
    const second = store.maintenance({ tasks: [{ name: 'mine', run: async () => undefined }] })
    proceed.open()
    expect((await first).tasks).toEqual([])
    expect((await second).tasks.map(({ name }) => name)).toEqual(['mine'])
  })

  if (capabilities.asyncContext) {
    test('maintenance of the same store inside a task is NESTED_USE, and no longer once the task is over', async (t) => {
      const store = await t.openWith(['person'])
      let later: Promise<unknown> | undefined
      const over = createGate()
      const report = await store.maintenance({
        tasks: [
          {
            name: 'nested',
            async run() {
              later = over.opened.then(() => store.maintenance())
              await expectCode(store.maintenance(), 'NESTED_USE')
            },
          },
        ],
      })
      expect(report.outcome).toBe('ok')
      over.open()
      expect(await later).toMatchObject({ outcome: 'ok' })
    })
  }

  if (capabilities.incrementalReclaim) {
    test('the steps see what they have freed: it is given back in the same run', async ({ openWith }) => {
      const store = await openWith(['person'])
      await fillPeople(store.db, 2000)
      await store.maintenance()
      let wasPlanned: boolean | undefined
      const report = await store.maintenance({
        tasks: [
          {
            name: 'halve',
            run: async (context) => void (await context.store.db.deleteFrom('person').where('id', '>', 1000).execute()),
          },
        ],
        onBegin: ({ steps }) => {
          wasPlanned = steps.find(({ name }) => name === 'reclaim')?.run
        },
      })
      expect([wasPlanned, report.outcome]).toEqual([false, 'ok'])
      expect(report.steps.find(({ name }) => name === 'reclaim')?.status).toBe('done')
    })
  }
}
