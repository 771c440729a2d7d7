// The states of a maintenance service and its schedule, over a store that is none. What runs do to a database is tested
// by the suite.
import { describe, expect, it } from 'vitest'
import { createFakeService as create } from './support/fake-service.ts'
import { gated, untilAborted } from './support/fake-store.ts'
import { codeOf, track, turns } from './support/outcome.ts'

const INITIAL_MS = 300_000
const HOUR_MS = 3_600_000

describe('the schedule', () => {
  it('runs after the initial delay, then by interval from the end of a run on', async () => {
    const { fake, service } = create()
    const { clock, calls } = fake
    expect(service.stats()).toMatchObject({ state: 'idle', nextRunAt: undefined, isRunInFlight: false })
    service.start()
    expect(service.stats()).toMatchObject({ state: 'running', nextRunAt: new Date(Date.UTC(2026, 0, 1) + INITIAL_MS) })
    clock.advance(INITIAL_MS - 1)
    expect(calls.length).toBe(0)
    const { finish, maintain } = gated()
    fake.maintain = maintain
    clock.advance(1)
    expect([calls.length, clock.pendingMs]).toEqual([1, []])
    expect(service.stats()).toMatchObject({ isRunInFlight: true, nextRunAt: undefined })
    clock.advance(2 * HOUR_MS)
    finish()
    await turns()
    expect(clock.pendingMs).toEqual([HOUR_MS])
    clock.advance(HOUR_MS)
    expect(calls.length).toBe(2)
    await service.stop()
    expect([clock.pendingMs, service.stats().nextRunAt]).toEqual([[], undefined])
  })

  it('each wait has its own jitter', async () => {
    const chances = [0, 1, 0.5]
    const { fake, service } = create({ jitter: 0.1, random: () => chances.shift() ?? 0.5 })
    service.start()
    expect(fake.clock.pendingMs).toEqual([INITIAL_MS * 0.9])
    fake.clock.advance(INITIAL_MS)
    await turns()
    expect(fake.clock.pendingMs).toEqual([3_960_000])
    await service.stop()
  })

  it('by cron expression: times that pass during a run are left out', async () => {
    const { fake, service } = create({ schedule: { cron: '0 * * * *', timeZone: 'UTC' } })
    const { finish, maintain } = gated()
    fake.maintain = maintain
    service.start()
    expect(service.stats().nextRunAt).toEqual(new Date('2026-01-01T01:00:00Z'))
    fake.clock.advance(HOUR_MS)
    fake.clock.advance(2.5 * HOUR_MS)
    finish()
    await turns()
    expect(fake.calls.length).toBe(1)
    expect(service.stats().nextRunAt).toEqual(new Date('2026-01-01T04:00:00Z'))
    await service.stop()
  })

  it('goes on after a run that failed, and after a callback that threw', async () => {
    const { fake, service } = create({
      onRun: () => {
        throw new Error('mine')
      },
    })
    fake.maintain = () => Promise.reject(new Error('secret'))
    service.start()
    for (let run = 0; run < 3; run++) {
      fake.clock.advance(HOUR_MS)
      await turns()
    }
    expect(fake.calls.length).toBe(3)
    expect(service.stats()).toMatchObject({ state: 'running', runCount: { failed: 3 } })
    await service.stop()
  })

  it('hands on its options, its tasks and its deadline', async () => {
    const tasks = [{ name: 'cleanup', run: async () => undefined }]
    const { fake, service } = create({ tasks, timeoutMs: 5000, maintenance: { mode: 'full', budgetMs: 7 } })
    await service.runNow()
    expect(fake.calls[0]).toMatchObject({ mode: 'full', budgetMs: 7, timeoutMs: 5000, tasks })
    await service.runNow({ timeoutMs: 100 })
    await service.runNow({ timeoutMs: 6000 })
    expect(fake.calls.map(({ timeoutMs }) => timeoutMs)).toEqual([5000, 100, 5000])
  })
})

describe('start', () => {
  it('twice is once', async () => {
    const { fake, service } = create()
    service.start()
    service.start()
    expect([fake.clock.pendingMs.length, fake.attachments.size]).toEqual([1, 1])
    await service.stop()
    expect([fake.clock.pendingMs.length, fake.attachments.size]).toEqual([0, 0])
  })

  it('after stop begins again, with the initial delay', async () => {
    const { fake, service } = create()
    service.start()
    await service.stop()
    expect(service.stats().state).toBe('stopped')
    service.start()
    expect([service.stats().state, fake.clock.pendingMs, fake.attachments.size]).toEqual(['running', [INITIAL_MS], 1])
    await service.stop()
  })

  it('while it is being stopped begins again once that is over; the last word counts', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    service.start()
    fake.clock.advance(INITIAL_MS)
    const stopping = service.stop()
    service.start()
    expect([service.stats().state, fake.clock.pendingMs]).toEqual(['stopping', []])
    finish()
    await stopping
    expect([service.stats().state, fake.clock.pendingMs, fake.attachments.size]).toEqual(['running', [INITIAL_MS], 1])

    const second = service.stop()
    service.start()
    void service.stop()
    await second
    expect([service.stats().state, fake.clock.pendingMs, fake.attachments.size]).toEqual(['stopped', [], 0])
  })

  it('on a closed store is CLOSED, and nothing has begun', async () => {
    const { fake, service } = create()
    fake.status = 'closed'
    expect(await codeOf(() => service.start())).toBe('CLOSED')
    expect([service.stats().state, fake.clock.pendingMs]).toEqual(['idle', []])
  })

  it('does not come again once the store closes while it is being stopped', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    service.start()
    fake.clock.advance(INITIAL_MS)
    const stopping = service.stop()
    service.start()
    fake.status = 'closing'
    finish()
    await stopping
    expect([service.stats().state, fake.clock.pendingMs, fake.logged.length]).toEqual(['stopped', [], 1])
  })
})

describe('stop', () => {
  it('may come before start, and again', async () => {
    const { fake, service } = create()
    await Promise.all([service.stop(), service.stop()])
    await service.stop()
    expect(service.stats().state).toBe('stopped')
    service.start()
    fake.clock.advance(INITIAL_MS)
    expect(fake.calls.length).toBe(1)
    await service.stop()
  })

  it('aborts the run under way and waits for it', async () => {
    const { fake, service } = create()
    const { promise, resolve } = Promise.withResolvers<void>()
    fake.maintain = (ctx) => untilAborted(ctx).finally(() => promise)
    service.start()
    fake.clock.advance(INITIAL_MS)
    const joined = track(service.runNow())
    const stopping = track(service.stop())
    await turns()
    expect([fake.calls[0]?.signal?.aborted, stopping.settled, service.stats().state]).toEqual([true, false, 'stopping'])
    resolve()
    await stopping.promise
    expect(await codeOf(() => joined.promise)).toBe('ABORTED')
    expect(service.stats()).toMatchObject({
      state: 'stopped',
      isRunInFlight: false,
      runCount: { aborted: 1 },
      lastError: undefined,
      lastSuccess: undefined,
    })
    expect([fake.clock.pendingMs, fake.logged]).toEqual([[], []])
  })

  it('a signal ends the waiting, not the stopping', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    service.start()
    fake.clock.advance(INITIAL_MS)
    const controller = new AbortController()
    const impatient = track(service.stop({ signal: controller.signal }))
    const limited = track(service.stop({ timeoutMs: 50 }))
    const patient = track(service.stop())
    controller.abort()
    fake.clock.advance(50)
    expect(await codeOf(() => impatient.promise)).toBe('ABORTED')
    expect(await codeOf(() => limited.promise)).toBe('TIMEOUT')
    expect([patient.settled, service.stats().state]).toEqual([false, 'stopping'])
    finish()
    await patient.promise
    expect(service.stats().state).toBe('stopped')
  })

  it('ends a run of runNow() too, of a service that was never started', async () => {
    const { fake, service } = create()
    fake.maintain = untilAborted
    const running = track(service.runNow())
    await service.stop()
    expect(await codeOf(() => running.promise)).toBe('ABORTED')
  })

  it('waits for what the database is being asked', async () => {
    const { fake, service } = create()
    const { promise, resolve } = Promise.withResolvers<Date>()
    fake.lastMaintenance = () => promise
    service.start()
    const stopping = track(service.stop())
    await turns()
    expect(stopping.settled).toBe(false)
    resolve(new Date(5))
    await stopping.promise
    expect(service.stats().lastSuccess).toEqual(new Date(5))
  })

  it('is what disposing does, and what a closing store does', async () => {
    const disposed = create()
    disposed.service.start()
    await disposed.service[Symbol.asyncDispose]()
    expect(disposed.service.stats().state).toBe('stopped')

    const { fake, service } = create()
    fake.maintain = untilAborted
    service.start()
    const running = track(service.runNow())
    fake.status = 'closing'
    for (const attachment of fake.attachments) await attachment.stop({ signal: new AbortController().signal })
    expect([service.stats().state, fake.clock.pendingMs]).toEqual(['stopped', []])
    expect(await codeOf(() => running.promise)).toBe('CLOSED')
  })

  it('with options that are none is INVALID_ARGUMENT, and it goes on', async () => {
    const { service } = create()
    service.start()
    expect(await codeOf(() => service.stop({ signal: 5 } as object))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(() => service.runNow({ mode: 'full' } as object))).toBe('INVALID_ARGUMENT')
    expect(service.stats().state).toBe('running')
    await service.stop()
  })
})
