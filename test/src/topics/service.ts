/**
 * The maintenance service on a real store: it runs by schedule, one run at a time, tells attempt, success and error
 * apart, and knows other maintainers. Not: how it starts and stops, and its checkpoints.
 */
import { createMaintenanceService, type MaintenanceTask } from '@upkeep/core'
import { createGate, track, turns } from '../suite/gate.ts'
import { createManualClock } from '../suite/manual-clock.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const logger = { warn: () => undefined, error: () => undefined }

/** A task that may be held, and that sees whether it is alone. */
function createTask(name = 'watched'): {
  readonly task: MaintenanceTask<TestSchema>
  hold(): { begun: Promise<void>; proceed(): void }
  readonly counts: { runs: number; now: number; most: number }
} {
  const counts = { runs: 0, now: 0, most: 0 }
  let held: { begin(): void; opened: Promise<void> } | undefined
  return {
    counts,
    hold() {
      const [begun, proceed] = [createGate(), createGate()]
      held = { begin: begun.open, opened: proceed.opened }
      return { begun: begun.opened, proceed: proceed.open }
    },
    task: {
      name,
      async run() {
        counts.runs++
        counts.most = Math.max(counts.most, ++counts.now)
        held?.begin()
        await held?.opened
        await turns(2)
        counts.now--
      },
    },
  }
}

export const service: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  test('it runs after the initial delay, then by interval, tasks first', async ({ openWith }) => {
    const store = await openWith(['counter'])
    const clock = createManualClock()
    let told = createGate()
    const outcomes: string[] = []
    const maintainer = createMaintenanceService({
      store,
      clock,
      logger,
      initialDelayMs: 1000,
      intervalMs: 60_000,
      jitter: 0.5,
      random: () => 1,
      checkpoint: false,
      onRun: ({ trigger, outcome }) => {
        outcomes.push(`${trigger} ${outcome}`)
        told.open()
      },
      tasks: [
        {
          name: 'count',
          async run(context) {
            const { db } = context.store
            await db
              .updateTable('counter')
              .set((eb) => ({ value: eb('value', '+', 1) }))
              .execute()
            return { counters: { rowCount: 1 } }
          },
        },
      ],
    })
    maintainer.start()
    for (const waitMs of [1500, 90_000, 90_000]) {
      await clock.timerSet(waitMs)
      clock.advance(waitMs - 1)
      await turns()
      const before = outcomes.length
      clock.advance(1)
      await told.opened
      expect(outcomes.length).toBe(before + 1)
      told = createGate()
    }
    await maintainer.stop()
    expect(outcomes).toEqual(['schedule ok', 'schedule ok', 'schedule ok'])
    expect(await store.db.selectFrom('counter').select('value').execute()).toEqual([{ value: 3 }])
    expect(maintainer.stats()).toMatchObject({
      runCount: { ok: 3 },
      tasks: { count: { runCount: 3, failureCount: 0, lastStatus: 'done', counters: { rowCount: 3 } } },
    })
    expect(clock.pendingCount).toBe(0)
  })

  describe('one run at a time', () => {
    test('calls of runNow() share one run and its report', async ({ openWith }) => {
      const store = await openWith(['person'])
      const { counts, hold, task } = createTask()
      const maintainer = createMaintenanceService({ store, logger, tasks: [task] })
      const { begun, proceed } = hold()
      const first = maintainer.runNow()
      await begun
      const second = maintainer.runNow()
      expect(maintainer.stats().isRunInFlight).toBe(true)
      proceed()
      expect((await second) === (await first)).toBe(true)
      expect([counts.runs, maintainer.stats().runCount.ok, maintainer.stats().isRunInFlight]).toEqual([1, 1, false])
    })

    test('two services and calls of the application never overlap, and each has its tasks run', async ({
      openWith,
    }) => {
      const store = await openWith(['person'])
      const { counts, task } = createTask()
      const other: MaintenanceTask<TestSchema> = { ...task, name: 'other' }
      const services = [task, other].map((one) => createMaintenanceService({ store, logger, tasks: [one] }))
      const reports = await Promise.all([
        store.maintenance(),
        ...services.map((one) => one.runNow()),
        store.maintenance({ tasks: [{ ...task, name: 'third' }] }),
      ])
      expect([counts.runs, counts.most]).toEqual([3, 1])
      expect(reports.map((report) => [report.outcome, ...report.tasks.map(({ name }) => name)])).toEqual([
        ['ok'],
        ['ok', 'watched'],
        ['ok', 'other'],
        ['ok', 'third'],
      ])
    })
  })

  describe('attempt, success and error', () => {
    test('a run in which a task failed is no success, though the next task and the steps ran', async ({ openWith }) => {
      const store = await openWith(['person'])
      const { counts, task } = createTask()
      let fails = true
      const failing: MaintenanceTask<TestSchema> = {
        name: 'failing',
        run: async () => {
          if (fails) throw new RangeError('secret')
        },
      }
      const maintainer = createMaintenanceService({ store, logger, tasks: [failing, task] })
      expect((await maintainer.runNow()).outcome).toBe('partial')
      expect(counts.runs).toBe(1)
      const bad = maintainer.stats()
      expect(bad.lastAttempt).toBeInstanceOf(Date)
      expect([bad.lastSuccess, bad.lastError?.source, bad.runCount.partial]).toEqual([undefined, 'task failing', 1])
      expect(bad.tasks.failing).toMatchObject({ runCount: 1, failureCount: 1, lastStatus: 'failed' })
      fails = false
      await maintainer.runNow()
      const good = maintainer.stats()
      expect(good.lastSuccess).toBeInstanceOf(Date)
      expect([good.lastError, good.runCount.ok]).toEqual([bad.lastError, 1])
    })

    test(`the last success ${capabilities.persistent ? 'survives' : 'does not survive'} a restart`, async ({
      open,
    }) => {
      const first = await open()
      const before = createMaintenanceService({ store: first, logger })
      await before.runNow()
      const noted = await first.lastMaintenance()
      expect(noted).toBeInstanceOf(Date)
      await first.close({ maintenanceOnClose: false })
      const after = createMaintenanceService({ store: await open(), logger })
      expect(after.stats().lastSuccess).toBe(undefined)
      after.start()
      await after.stop()
      expect(after.stats().lastSuccess).toEqual(capabilities.persistent ? noted : undefined)
      expect(after.stats().lastAttempt).toBe(undefined)
    })
  })

  if (capabilities.asyncContext) {
    describe('nested use', () => {
      test('runNow() inside a task is NESTED_USE, whoever began the run', async ({ openWith }) => {
        const store = await openWith(['person'])
        const maintainer = createMaintenanceService({
          store,
          logger,
          tasks: [{ name: 'nested', run: async () => void (await expectCode(maintainer.runNow(), 'NESTED_USE')) }],
        })
        expect((await maintainer.runNow()).outcome).toBe('ok')
      })

      test('and inside a transaction, also while a run is under way', async ({ openWith }) => {
        const store = await openWith(['counter'])
        const { hold, task } = createTask()
        const maintainer = createMaintenanceService({ store, logger, tasks: [task] })
        const { begun, proceed } = hold()
        const running = maintainer.runNow()
        await begun
        await store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ value: 1 }).execute()
          await expectCode(maintainer.runNow(), 'NESTED_USE')
        })
        proceed()
        expect((await running).outcome).toBe('ok')
      })
    })
  }

  if (capabilities.persistent) {
    test('on a store that is read-only it is disabled, and says so', async ({ open, openWith }) => {
      await (await openWith(['person'])).close()
      const store = await open({ readOnly: true })
      const maintainer = createMaintenanceService({ store, logger, tasks: [createTask().task] })
      maintainer.start()
      expect(maintainer.stats().state).toBe('disabled')
      expect((maintainer.stats().disabledReason ?? '').length > 0).toBe(true)
      expect(await maintainer.runNow()).toMatchObject({ outcome: 'skipped', tasks: [] })
    })
  }

  if (capabilities.multiProcess && capabilities.singleMaintainer !== false) {
    test('while another process maintains, a run is an attempt, and neither success nor error', async (t) => {
      const store = await t.openWith(['counter'])
      const other = await t.client()
      const { counts, task } = createTask()
      const maintainer = createMaintenanceService({ store, logger, tasks: [task] })
      await other.call('holdMaintenance')
      expect((await maintainer.runNow()).outcome).toBe('skipped')
      const { lastAttempt, lastError, lastSuccess, runCount } = maintainer.stats()
      expect(lastAttempt).toBeInstanceOf(Date)
      expect([lastSuccess, lastError, runCount.skipped, counts.runs]).toEqual([undefined, undefined, 1, 0])
      await other.call('release')
      await other.call('maintain')
      await other.call('holdMaintenance')
      await maintainer.runNow()
      expect(maintainer.stats().lastSuccess).toEqual(await store.lastMaintenance())
      expect(maintainer.stats().lastSuccess).toBeInstanceOf(Date)
      const closing = track(other.call('release'))
      await closing.promise
      expect((await maintainer.runNow()).outcome).toBe('ok')
      expect(counts.runs).toBe(1)
    })
  }
}
