/**
 * How a maintenance service starts and stops with a real store, and what a closing store does with it and with whatever
 * else is attached.
 */
import { createMaintenanceService, type MaintenanceTask } from '@upkeep/core'
import { createGate, track, turns } from '../suite/gate.ts'
import { createManualClock } from '../suite/manual-clock.ts'
import { rejectionOf, type Topic } from '../suite/suite.ts'

const GRACE_MS = 5000
const logger = { warn: () => undefined, error: () => undefined }

/** A task that goes on until its signal aborts. */
function createPatient(): { readonly begun: Promise<void>; readonly task: MaintenanceTask<any> } {
  const begun = createGate()
  return {
    begun: begun.opened,
    task: {
      name: 'patient',
      run: ({ signal }) =>
        new Promise((_, reject) => {
          begun.open()
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    },
  }
}

export const serviceControl: Topic = ({ harness, describe, expect, expectCode, test }) => {
  describe('stop()', () => {
    test('aborts the run under way, waits for it, and the service starts again', async ({ openWith }) => {
      const store = await openWith(['person'])
      const clock = createManualClock()
      const { begun, task } = createPatient()
      const maintainer = createMaintenanceService({ store, clock, logger, tasks: [task] })
      await maintainer.stop()
      maintainer.start()
      maintainer.start()
      expect(maintainer.stats().state).toBe('running')
      clock.advance(400_000)
      await begun
      const joined = expectCode(maintainer.runNow(), 'ABORTED')
      await Promise.all([maintainer.stop(), maintainer.stop()])
      expect((await joined).report?.tasks[0]?.status).toBe('aborted')
      expect(maintainer.stats()).toMatchObject({ state: 'stopped', isRunInFlight: false, runCount: { aborted: 1 } })
      expect([maintainer.stats().lastError, clock.pendingCount]).toEqual([undefined, 0])
      maintainer.start()
      expect(maintainer.stats().state).toBe('running')
      expect(clock.pendingCount > 0).toBe(true)
      await maintainer.stop()
      expect(clock.pendingCount).toBe(0)
      expect((await store.maintenance()).outcome).toBe('ok')
    })

    test('is not held up for ever by a task that ignores its signal', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      const begun = createGate()
      const stubborn: MaintenanceTask<any> = {
        name: 'stubborn',
        run: () => {
          begun.open()
          return new Promise(() => undefined)
        },
      }
      const maintainer = createMaintenanceService({ store, clock, logger, tasks: [stubborn] })
      const running = rejectionOf(maintainer.runNow())
      await begun.opened
      const impatient = new AbortController()
      const first = expectCode(maintainer.stop({ signal: impatient.signal }), 'ABORTED')
      impatient.abort()
      await first
      expect(maintainer.stats().state).toBe('stopping')
      const second = maintainer.stop()
      await clock.timerSet(GRACE_MS)
      clock.advance(GRACE_MS)
      await second
      expect(await running).toMatchObject({ code: 'ABORTED' })
      expect(maintainer.stats().state).toBe('stopped')
    })

    const stopsInTask: Parameters<typeof test>[1] = async ({ openWith }) => {
      const store = await openWith(['person'])
      const clock = createManualClock()
      const seen: unknown[] = []
      const task: MaintenanceTask<any> = {
        name: 'stops',
        async run({ signal }) {
          const error = await rejectionOf(maintainer.stop())
          seen.push((error as { code?: string }).code, signal.aborted, maintainer.stats().state)
        },
      }
      const maintainer = createMaintenanceService({ store, clock, logger, tasks: [task] })
      maintainer.start()
      await expectCode(maintainer.runNow(), 'ABORTED')
      expect(seen).toEqual(['NESTED_USE', true, 'stopping'])
      await maintainer.stop()
      expect([maintainer.stats().state, clock.pendingCount]).toEqual(['stopped', 0])
    }
    // Without an async context nobody can know that it would wait for itself.
    if (harness.capabilities.asyncContext) test('in a task it stops the service, and waits for nothing', stopsInTask)

    test('is what `await using` does', async ({ openWith }) => {
      const store = await openWith(['person'])
      const clock = createManualClock()
      const maintainer = createMaintenanceService({ store, clock, logger })
      {
        await using disposed = maintainer
        disposed.start()
      }
      expect([maintainer.stats().state, clock.pendingCount]).toEqual(['stopped', 0])
    })
  })

  describe('close() of the store', () => {
    test('stops the service and the run under way; after it there is CLOSED', async ({ openWith }) => {
      const store = await openWith(['person'])
      const clock = createManualClock()
      const { begun, task } = createPatient()
      const maintainer = createMaintenanceService({ store, clock, logger, tasks: [task] })
      maintainer.start()
      const running = expectCode(maintainer.runNow(), 'CLOSED')
      await begun
      const report = await store.close()
      await running
      expect([report.clean, report.abandoned]).toEqual([true, 0])
      expect([maintainer.stats().state, clock.pendingCount]).toEqual(['stopped', 0])
      await expectCode(maintainer.runNow(), 'CLOSED')
      await expectCode(store.lastMaintenance(), 'CLOSED')
      await expectCode((async () => maintainer.start())(), 'CLOSED')
      await maintainer.stop()
      expect(maintainer.stats()).toMatchObject({ state: 'stopped', lastError: undefined, runCount: { aborted: 1 } })
    })

    test('in the greatest hurry it still stops', async ({ openWith }) => {
      const store = await openWith(['person'])
      const clock = createManualClock()
      const maintainer = createMaintenanceService({ store, clock, logger })
      maintainer.start()
      // On a server its question when the last run was is on its way.
      while (store.stats().inFlight > 0) await turns(1)
      const hurry = new AbortController()
      hurry.abort()
      expect((await store.close({ signal: hurry.signal })).abandoned).toBe(0)
      expect([maintainer.stats().state, clock.pendingCount]).toEqual(['stopped', 0])
    })

    test('a service that was stopped is no longer its business', async ({ openWith }) => {
      const store = await openWith(['person'])
      const maintainer = createMaintenanceService({ store, logger })
      maintainer.start()
      await maintainer.stop()
      expect(await store.close()).toMatchObject({ clean: true, abandoned: 0 })
    })
  })

  describe('attach()', () => {
    test('close() stops what is attached, once, and waits for it before anything is released', async ({ openWith }) => {
      const store = await openWith(['person'])
      const proceed = createGate()
      const seen: string[] = []
      store.attach({
        async stop({ signal }) {
          seen.push(`${store.status} ${signal.aborted}`)
          await proceed.opened
        },
      })
      store.attach({ stop: async () => void seen.push('detached') })()
      const closing = track(store.close())
      const again = store.close()
      await turns()
      expect([seen, closing.settled, store.status]).toEqual([['closing false'], false, 'closing'])
      await expectCode((async () => store.attach({ stop: async () => undefined }))(), 'CLOSED')
      proceed.open()
      expect(await closing.promise).toMatchObject({ clean: true, abandoned: 0 })
      await again
      expect(seen.length).toBe(1)
    })

    test('what does not stop within drainMs, or fails to, is counted and keeps nothing open', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['person'], { clock })
      let hurry: AbortSignal | undefined
      store.attach({
        stop: ({ signal }) => {
          hurry = signal
          return new Promise(() => undefined)
        },
      })
      store.attach({ stop: () => Promise.reject(new Error('mine')) })
      store.attach({ stop: async () => undefined })
      const closing = store.close({ drainMs: 70 })
      await clock.timerSet(70)
      clock.advance(70)
      expect(await closing).toMatchObject({ clean: false, abandoned: 2 })
      expect([hurry?.aborted, store.status]).toEqual([true, 'closed'])
    })
  })
}
