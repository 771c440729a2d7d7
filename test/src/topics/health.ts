/**
 * `health()`: what is kept and joined, what is found, by which limits, and that it answers beside whatever goes on. Not:
 * what an engine does that hangs; no backend hangs on demand.
 */
import type { HealthFinding, HealthOptions, HealthReport, Store } from '@upkeep/core'
import { createGate } from '../suite/gate.ts'
import type { Topic } from '../suite/suite.ts'
import type { TestSchema } from '../suite/test-schema.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const findingOf = ({ findings }: HealthReport, code: string): HealthFinding | undefined =>
  findings.find((finding) => finding.code === code)

const look = async (store: Store<any>, code: string): Promise<HealthFinding | undefined> =>
  findingOf(await store.health({ fresh: true }), code)

export const health: Topic = ({ harness, describe, expect, expectCode, test }) => {
  const { capabilities } = harness

  describe('the report', () => {
    test('of a store at rest passes, and says what was looked at, each once', async ({ open }) => {
      const store = await open()
      const { status, findings } = await store.health()
      const codes = findings.map(({ code }) => code)
      expect(status).toBe('pass')
      expect(new Set(codes).size).toBe(codes.length)
      const { writeLock, pool } = store.stats().engine
      const expected = {
        reachable: true,
        latency_now: true,
        latency_p95: true,
        oldest_operation: true,
        last_maintenance: true,
        write_lock_wait: writeLock !== undefined,
        pool_use: pool !== undefined,
        pool_wait: pool !== undefined,
      }
      expect(Object.fromEntries(Object.keys(expected).map((code) => [code, codes.includes(code)]))).toEqual(expected)
      expect(findings.every(({ text }) => text.length > 0)).toBe(true)
      const limited = findings.filter(({ code }) => code in expected)
      expect(limited.every(({ limit }) => typeof limit === 'number')).toBe(true)
    })

    test('nobody can change it', async ({ open }) => {
      const store = await open()
      const report = await store.health()
      expect([report, report.findings, ...report.findings].every(Object.isFrozen)).toBe(true)
      const atMs = report.checkedAt.getTime()
      report.checkedAt.setTime(0)
      expect((await store.health()).checkedAt.getTime()).toBe(atMs)
    })

    test('asking counts nowhere', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const before = store.stats()
      await store.health({ fresh: true })
      const after = store.stats()
      expect(after).toEqual(before)
    })
  })

  describe('when it looks', () => {
    test('1000 who ask at once cause one look', async ({ open }) => {
      const store = await open({ health: { cacheMs: false } })
      const asking = Array.from({ length: 1000 }, (_, index) => store.health({ fresh: index % 2 === 0 }))
      expect(new Set(await Promise.all(asking)).size).toBe(1)
      expect((await store.health()) === (await asking[0])).toBe(false)
    })

    test('an answer is good for 5 s; fresh looks anew, and others are told what it found', async (t) => {
      const clock = t.manualClock()
      const store = await t.open({ clock })
      const first = await store.health()
      expect(first.checkedAt).toEqual(clock.now())
      clock.advance(4999)
      expect(await store.health()).toBe(first)
      clock.advance(1)
      const second = await store.health()
      expect(second.checkedAt.getTime() - first.checkedAt.getTime()).toBe(5000)
      const fresh = await store.health({ fresh: true })
      expect(fresh === second).toBe(false)
      expect(await store.health()).toBe(fresh)
    })

    test('who gives up ends his own waiting only', async ({ open }) => {
      const store = await open()
      const controller = new AbortController()
      const impatient = store.health({ signal: controller.signal })
      const patient = store.health()
      controller.abort(new Error('enough'))
      const error = await expectCode(impatient, 'ABORTED')
      expect(error.cause).toBe(controller.signal.reason)
      expect((await patient).status).toBe('pass')
      await expectCode(store.health({ signal: controller.signal }), 'ABORTED')
    })

    test('a close during a look ends it', async ({ open }) => {
      const store = await open()
      const asking = store.health()
      const closing = store.close()
      await expectCode(asking, 'CLOSED')
      expect((await closing).abandoned).toBe(0)
      await expectCode(store.health(), 'CLOSED')
    })
  })

  describe('it answers beside', () => {
    test('an open write transaction', async ({ openWith }) => {
      const store = await openWith(['counter'], { busyTimeoutMs: 0 })
      await store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 1 }).execute()
        const inside = await store.health({ fresh: true })
        const ask = (): Promise<HealthReport> => store.health({ fresh: true })
        const outside = await (capabilities.asyncContext ? store.detached(ask) : ask())
        expect([inside.status, outside.status]).toEqual(['pass', 'pass'])
      })
    })

    test('a leased connection, and an open stream', async ({ openWith }) => {
      const store = await openWith(['counter'])
      await store.withConnection(async () => {
        expect((await store.health({ fresh: true })).status).toBe('pass')
      })
      for await (const _ of store.db.selectFrom('counter').selectAll().stream()) {
        expect((await store.health({ fresh: true })).status).toBe('pass')
      }
    })

    test('maintenance', async ({ openWith }) => {
      const store = await openWith(['counter'])
      const begun = createGate()
      const proceed = createGate()
      const running = store.maintenance({
        onBegin: async () => {
          begun.open()
          await proceed.opened
        },
        // The last of them may be answered by a store that closes.
        onProgress: () => void store.health({ fresh: true }).catch(() => undefined),
      })
      await begun.opened
      expect((await store.health({ fresh: true })).status).toBe('pass')
      proceed.open()
      expect((await running).outcome).toBe('ok')
      expect((await store.health()).status).toBe('pass')
    })
  })

  describe('limits', () => {
    test('oldest_operation: a transaction, a connection, a stream, and nothing once they are over', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      const expectAge = async (status: string, value: number | undefined): Promise<void> => {
        const finding = await look(store, 'oldest_operation')
        expect([finding?.status, finding?.value, finding?.limit]).toEqual([status, value, 60_000])
      }
      const growOld = async (): Promise<void> => {
        clock.advance(60_000)
        await expectAge('pass', 60_000)
        clock.advance(1)
        await expectAge('warn', 60_001)
      }
      await expectAge('pass', undefined)
      await store.transaction(growOld)
      await expectAge('pass', undefined)
      await store.db.transaction().execute(growOld)
      await store.withConnection(growOld)
      for await (const _ of store.db.selectFrom('counter').selectAll().stream()) await growOld()
      await store.migrate({ getMigrations: async () => ({ one: { up: growOld } }) })
      await expectAge('pass', undefined)
    })

    test('latency_p95 and write_lock_wait: who waited counts for a minute', async (t) => {
      const clock = t.manualClock()
      const limits = { latencyP95Ms: 200, writeLockWaitMs: 200 }
      const store = await t.openWith(['counter'], { clock, busyTimeoutMs: 1000, health: { limits } })
      const update = () => store.db.updateTable('counter').set({ value: 1 }).execute()
      let waiting: Promise<unknown> | undefined
      await store.transaction(async (tx) => {
        await tx.updateTable('counter').set({ value: 1 }).execute()
        waiting = capabilities.asyncContext ? store.detached(update) : update()
        if (store.stats().engine.writeLock !== undefined) await clock.timerSet(1000)
        clock.advance(300)
      })
      await waiting
      for (const status of ['warn', 'pass']) {
        const report = await store.health({ fresh: true })
        if (store.stats().engine.writeLock !== undefined) {
          expect([status, findingOf(report, 'write_lock_wait')?.status]).toEqual([status, status])
        }
        expect([status, findingOf(report, 'latency_p95')?.status]).toEqual([status, status])
        expect(report.status).toBe(status)
        clock.advance(60_000)
      }
    })

    test('what is past its limit is warn, and warn is what the report says', async ({ open }) => {
      const store = await open({ health: { limits: { maintenanceAgeMs: 0, operationAgeMs: 0 } } })
      await store.transaction(async () => {
        const report = await store.health({ fresh: true })
        const found = ['last_maintenance', 'oldest_operation'].map((code) => findingOf(report, code))
        expect(found.map((finding) => [finding?.status, finding?.limit])).toEqual([
          ['warn', 0],
          ['warn', 0],
        ])
        expect(report.status).toBe('warn')
      })
    })

    test('names and values that are none are refused before anything is opened', async ({ open }) => {
      const wrong: readonly unknown[] = [
        { cache: 5 },
        { cacheMs: 0 },
        { timeoutMs: false },
        { limits: { wal: 5 } },
        { limits: { latencyMs: -1 } },
        null,
      ]
      for (const options of wrong) await expectCode(open({ health: options as HealthOptions }), 'INVALID_ARGUMENT')
      const store = await open()
      for (const context of [{ fresh: 1 }, { cached: true }, { timeoutMs: -1 }]) {
        await expectCode(store.health(context as never), 'INVALID_ARGUMENT')
      }
    })
  })

  describe('last_maintenance', () => {
    const age = async (store: Store<TestSchema>): Promise<readonly unknown[]> => {
      const finding = await look(store, 'last_maintenance')
      return [finding?.status, finding?.value]
    }

    test('counts from the opening, then from the last run that was ok', async (t) => {
      const clock = t.manualClock()
      const store = await t.openWith(['counter'], { clock })
      clock.advance(7 * DAY_MS)
      expect(await age(store)).toEqual(['pass', 7 * DAY_MS])
      clock.advance(DAY_MS)
      expect(await age(store)).toEqual(['warn', 8 * DAY_MS])
      await store.maintenance({ mode: 'light' })
      expect(await age(store)).toEqual(['warn', 8 * DAY_MS])
      expect((await store.maintenance()).outcome).toBe('ok')
      expect(await age(store)).toEqual(['pass', 0])
      clock.advance(8 * DAY_MS)
      expect(await age(store)).toEqual(['warn', 8 * DAY_MS])
    })

    if (!capabilities.persistent) return

    test('is known to whoever opens the database later; a clock that was set back makes no age negative', async (t) => {
      const [clock, later, setBack] = [t.manualClock(), t.manualClock(), t.manualClock()]
      clock.advance(DAY_MS)
      const store = await t.openWith(['counter'], { clock })
      await store.maintenance()
      await store.close({ maintenanceOnClose: false })
      later.advance(10 * DAY_MS)
      const second = await t.open<TestSchema>({ clock: later })
      expect(await age(second)).toEqual(['warn', 9 * DAY_MS])
      await second.close({ maintenanceOnClose: false })
      expect(await age(await t.open({ clock: setBack }))).toEqual(['pass', 0])
    })

    test('is left out where the store may not maintain', async ({ open, openWith }) => {
      const writer = await openWith(['counter'])
      if (!capabilities.multiProcess) await writer.close({ maintenanceOnClose: false })
      const reader = await open({ readOnly: true })
      const report = await reader.health()
      expect([report.status, findingOf(report, 'last_maintenance')]).toEqual(['pass', undefined])
      await writer.close({ maintenanceOnClose: false })
    })
  })
}
