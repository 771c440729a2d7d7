// runNow() of a maintenance service, a disabled one, and onRun, over a store that is none.
import { describe, expect, it } from 'vitest'
import { createFakeService as create } from './support/fake-service.ts'
import { gated, report, untilAborted } from './support/fake-store.ts'
import { codeOf, track, turns } from './support/outcome.ts'

const INITIAL_MS = 300_000
const HOUR_MS = 3_600_000

describe('runNow', () => {
  it('joins a run under way, of the schedule or of its own: one report for all', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    service.start()
    fake.clock.advance(INITIAL_MS)
    const running = [service.runNow(), service.runNow()]
    finish()
    const [one, two] = await Promise.all(running)
    expect(two).toBe(one)
    expect([fake.calls.length, service.stats().runCount.ok]).toEqual([1, 1])
    await service.stop()
  })

  it('the schedule joins it, and it does not change when the next run is due', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    service.start()
    fake.clock.advance(1000)
    await service.runNow()
    expect(service.stats().nextRunAt).toEqual(new Date(Date.UTC(2026, 0, 1) + INITIAL_MS))
    fake.maintain = maintain
    const running = service.runNow()
    fake.clock.advance(INITIAL_MS)
    expect(fake.calls.length).toBe(2)
    finish()
    await running
    await turns()
    expect(fake.clock.pendingMs).toEqual([HOUR_MS])
    await service.stop()
  })

  it('who began it ends it; who joined ends the own waiting', async () => {
    const { fake, service } = create()
    fake.maintain = untilAborted
    const [beginner, joiner] = [new AbortController(), new AbortController()]
    const first = track(service.runNow({ signal: beginner.signal }))
    const second = track(service.runNow({ signal: joiner.signal }))
    joiner.abort()
    expect(await codeOf(() => second.promise)).toBe('ABORTED')
    expect(first.settled).toBe(false)
    const enough = new Error('enough')
    beginner.abort(enough)
    expect(await first.promise.catch((error: unknown) => error)).toBe(enough)
    expect(service.stats().isRunInFlight).toBe(false)
  })

  it('works after stop() too; while that is under way it is ABORTED', async () => {
    const { fake, service } = create()
    const { finish, maintain } = gated()
    fake.maintain = maintain
    const first = track(service.runNow())
    const stopping = service.stop()
    expect(await codeOf(() => service.runNow())).toBe('ABORTED')
    finish()
    await stopping
    await first.promise
    expect((await service.runNow()).outcome).toBe('ok')
    expect(service.stats()).toMatchObject({ state: 'stopped', runCount: { ok: 2 } })
  })

  it('on a closed store is CLOSED, and no attempt', async () => {
    const { fake, service } = create()
    fake.status = 'closed'
    expect(await codeOf(() => service.runNow())).toBe('CLOSED')
    expect(service.stats().lastAttempt).toBeUndefined()
  })
})

describe('disabled', () => {
  it.each([
    ['by option', { enabled: false }, {}],
    ['by a store that is read-only', {}, { writable: false }],
  ])('%s: a state and a line in the log, and nothing else', async (_, options, capabilities) => {
    const { fake, service } = create({ ...options, checkpoint: undefined }, capabilities)
    service.start()
    expect([fake.clock.pendingMs, fake.attachments.size, fake.logged.length]).toEqual([[], 0, 1])
    const { state, disabledReason = '' } = service.stats()
    expect([state, disabledReason.length > 0]).toEqual(['disabled', true])
    expect(await service.runNow()).toMatchObject({ outcome: 'skipped', tasks: [], steps: [] })
    await service.stop()
    service.start()
    expect(service.stats()).toMatchObject({ state: 'disabled', lastAttempt: undefined, runCount: { skipped: 0 } })
    expect([fake.calls.length, fake.clock.pendingMs]).toEqual([0, []])
  })

  it('on a closed store runNow() is CLOSED all the same', async () => {
    const { fake, service } = create({ enabled: false })
    fake.status = 'closed'
    expect(await codeOf(() => service.runNow())).toBe('CLOSED')
  })
})

describe('onRun', () => {
  it('is told once for each run, with who began it and what came of it', async () => {
    const told: unknown[] = []
    const { fake, service } = create({ onRun: (run) => told.push(run) })
    const good = await Promise.all([service.runNow(), service.runNow()])
    service.start()
    const failure = new Error('secret')
    fake.maintain = () => Promise.reject(failure)
    fake.clock.advance(INITIAL_MS)
    await turns()
    expect(told).toEqual([
      { trigger: 'runNow', outcome: 'ok', report: good[0] },
      { trigger: 'schedule', outcome: 'failed', error: failure },
    ])
    await service.stop()
  })

  it.each([
    [
      'throws',
      () => {
        throw new RangeError('secret')
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('secret'))],
  ])('that %s is logged without its message, and the run is what it was', async (_, onRun) => {
    const { fake, service } = create({ onRun })
    fake.maintain = async () => report({ outcome: 'partial' })
    expect((await service.runNow()).outcome).toBe('partial')
    await turns()
    expect(fake.logged.map(({ fields }) => fields)).toEqual([{ error: 'RangeError' }])
  })
})
