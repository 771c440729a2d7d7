// The checkpoint loop of a maintenance service: when it looks, when it has the log cut, and what it tells. What a
// checkpoint does to a log is tested by the suite.
import { createMaintenanceService, type MaintenanceService, StoreError } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeStore, type FakeStore, gated, report, untilAborted } from './support/fake-store.ts'
import { track, turns } from './support/outcome.ts'

const LIMIT_BYTES = 1000
const EVERY_MS = 50
const NOTHING = { ok: 0, partial: 0, blocked: 0, skipped: 0, failed: 0, aborted: 0 }

function create(): { fake: FakeStore; service: MaintenanceService; look(times?: number): Promise<void> } {
  const fake = createFakeStore()
  const { store, clock, logger } = fake
  const checkpoint = { intervalMs: EVERY_MS, walSizeBytes: LIMIT_BYTES }
  const service = createMaintenanceService({ store, clock, logger, checkpoint })
  service.start()
  return {
    fake,
    service,
    async look(times = 1) {
      clock.advance(times * EVERY_MS)
      await turns()
    },
  }
}

const steps = ({ calls }: FakeStore): unknown => calls.map((call) => call.steps)

describe('the loop', () => {
  it('cuts a log that is larger than it may be, again and again', async () => {
    const { fake, look, service } = create()
    fake.walSizeBytes = LIMIT_BYTES
    await look()
    expect([fake.calls.length, service.stats().checkpoint]).toEqual([0, { lookCount: 1, runCount: NOTHING }])
    fake.walSizeBytes = LIMIT_BYTES + 1
    await look()
    await look()
    expect(steps(fake)).toEqual([['checkpoint'], ['checkpoint']])
    expect(service.stats().checkpoint).toEqual({
      lookCount: 3,
      runCount: { ...NOTHING, ok: 2 },
      lastSuccess: new Date(Date.UTC(2026, 0, 1) + 3 * EVERY_MS),
    })
    // A checkpoint is no maintenance run.
    expect(service.stats()).toMatchObject({ runCount: NOTHING, lastAttempt: undefined, lastSuccess: undefined })
    await service.stop()
    expect(fake.clock.pendingMs).toEqual([])
  })

  it('does nothing where there is no log', async () => {
    const { fake, look, service } = create()
    await look()
    expect([fake.calls.length, service.stats().checkpoint?.lookCount]).toEqual([0, 1])
    await service.stop()
  })

  it('does not even look beside a run of the service', async () => {
    const { fake, look, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    fake.walSizeBytes = LIMIT_BYTES + 1
    const running = service.runNow()
    await look()
    expect([steps(fake), service.stats().checkpoint?.lookCount]).toEqual([[undefined], 0])
    finish()
    await running
    await look()
    expect(steps(fake)).toEqual([undefined, ['checkpoint']])
    await service.stop()
  })

  it('looks again only when the checkpoint before has ended', async () => {
    const { fake, look, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    fake.walSizeBytes = LIMIT_BYTES + 1
    await look()
    await look()
    expect(fake.calls.length).toBe(1)
    finish()
    await turns()
    await look()
    expect(fake.calls.length).toBe(2)
    await service.stop()
  })
})

describe('stop', () => {
  it('aborts a checkpoint under way, waits for it and leaves no timer; start begins anew', async () => {
    const { fake, look, service } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    fake.maintain = (ctx) => untilAborted(ctx).finally(() => promise)
    fake.walSizeBytes = LIMIT_BYTES + 1
    await look()
    const stopping = track(service.stop())
    await turns()
    expect([fake.calls[0]?.signal?.aborted, stopping.settled]).toEqual([true, false])
    resolve()
    await stopping.promise
    expect(fake.clock.pendingMs).toEqual([])
    expect(service.stats().checkpoint).toMatchObject({ runCount: { aborted: 1 }, lastError: undefined })

    fake.maintain = async () => report()
    service.start()
    await look()
    expect(service.stats().checkpoint).toMatchObject({ lookCount: 2, runCount: { ok: 1 } })
    await service.stop()
  })
})

describe('what goes wrong', () => {
  it('blocked by a reader is no error, and is tried again', async () => {
    const { fake, look, service } = create()
    fake.walSizeBytes = LIMIT_BYTES + 1
    fake.maintain = async () =>
      report({ outcome: 'blocked', steps: [{ name: 'checkpoint', status: 'blocked', durationMs: 1 }] })
    await look()
    await look(2)
    expect(service.stats().checkpoint).toEqual({ lookCount: 2, runCount: { ...NOTHING, blocked: 2 } })
    expect(fake.logged).toEqual([])
    await service.stop()
  })

  it('each time it waits twice as long, up to a limit; then as ever once the log is small, or after a start', async () => {
    const { fake, look, service } = create()
    fake.walSizeBytes = LIMIT_BYTES + 1
    fake.maintain = async () => report({ outcome: 'failed' })
    const waits: (number | undefined)[] = []
    const wait = async (): Promise<void> => {
      const [waitMs = 0] = fake.clock.pendingMs.filter((ms) => ms < 60_000)
      waits.push(waitMs / EVERY_MS)
      await look(waitMs / EVERY_MS)
    }
    for (let time = 0; time < 6; time++) await wait()
    fake.walSizeBytes = 0
    await wait()
    await wait()
    fake.walSizeBytes = LIMIT_BYTES + 1
    await wait()
    await service.stop()
    service.start()
    await wait()
    fake.maintain = async () => report()
    await wait()
    await wait()
    expect(waits).toEqual([1, 2, 4, 8, 16, 16, 16, 1, 1, 1, 2, 1])
    await service.stop()
  })

  it('an error is kept, is logged once and not at every look, and again after it was well', async () => {
    const { fake, look, service } = create()
    fake.walSizeBytes = LIMIT_BYTES + 1
    const fail = (): Promise<never> => Promise.reject(new StoreError('FULL', 'the disk is full'))
    fake.maintain = fail
    await look()
    await look(2)
    expect(service.stats().checkpoint).toMatchObject({
      lookCount: 2,
      runCount: { failed: 2 },
      lastError: { source: 'checkpoint', code: 'FULL' },
    })
    expect(service.stats().lastError).toBeUndefined()
    expect(fake.logged.map(({ fields }) => fields)).toEqual([{ code: 'FULL' }])
    fake.maintain = async () => report()
    await look(4)
    fake.maintain = fail
    await look()
    expect(fake.logged.length).toBe(2)
    await service.stop()
  })

  it('stats() that throws ends a look and not the loop', async () => {
    const { fake, look, service } = create()
    Object.defineProperty(fake, 'walSizeBytes', {
      get() {
        throw new RangeError('secret')
      },
    })
    await look()
    await look(2)
    expect(service.stats().checkpoint).toMatchObject({ lookCount: 2, lastError: { code: 'UNKNOWN' } })
    expect(JSON.stringify(fake.logged)).not.toContain('secret')
    await service.stop()
  })
})
