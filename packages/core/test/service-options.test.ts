// The options of a maintenance service: all of them are checked when it is made.
import { createMaintenanceService, type MaintenanceServiceOptions } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeStore } from './support/fake-store.ts'
import { codeOf } from './support/outcome.ts'

const make = (options: object, capabilities: object = {}): unknown =>
  createMaintenanceService({ store: createFakeStore(capabilities).store, ...options })

const cleanup = { name: 'cleanup', run: async () => undefined }

describe('what is accepted', () => {
  it.each<[string, Partial<MaintenanceServiceOptions<any>>]>([
    ['nothing but a store', {}],
    [
      'what is undefined',
      { intervalMs: undefined, schedule: undefined, checkpoint: undefined, maintenance: undefined },
    ],
    ['an interval', { intervalMs: 1, initialDelayMs: 0, jitter: 1 }],
    ['a schedule', { schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin' } }],
    ['a schedule beside what is undefined', { schedule: { cron: '0 3 * * *' }, intervalMs: undefined }],
    ['tasks', { tasks: [cleanup], maintenance: { mode: 'full', integrity: 'quick', budgetMs: 1 } }],
    ['a checkpoint loop in part', { checkpoint: { intervalMs: 50 } }],
    ['none', { checkpoint: false }],
  ])('%s', (_, options) => {
    expect(make(options)).toMatchObject({})
  })
})

describe('what is INVALID_ARGUMENT', () => {
  it.each<[string, object]>([
    ['a name that is no option', { interval: 5 }],
    ['no store', { store: {} }],
    ['an interval of nothing', { intervalMs: 0 }],
    ['an interval that is no number', { intervalMs: '1h' }],
    ['a delay below 0', { initialDelayMs: -1 }],
    ['jitter above 1', { jitter: 1.1 }],
    ['jitter below 0', { jitter: -0.1 }],
    ['a deadline of nothing', { timeoutMs: 0 }],
    ['a schedule and an interval', { schedule: { cron: '0 3 * * *' }, intervalMs: 5 }],
    ['a schedule and an initial delay', { schedule: { cron: '0 3 * * *' }, initialDelayMs: 5 }],
    ['a schedule and jitter', { schedule: { cron: '0 3 * * *' }, jitter: 0 }],
    ['a schedule with other names', { schedule: { cron: '0 3 * * *', timezone: 'UTC' } }],
    ['a schedule that is none', { schedule: { cron: 'daily' } }],
    ['a schedule that is only a text', { schedule: '0 3 * * *' }],
    ['two tasks of one name', { tasks: [cleanup, cleanup] }],
    ['a task that is none', { tasks: [{ name: 'cleanup' }] }],
    ['a signal among the options of maintenance', { maintenance: { signal: AbortSignal.abort() } }],
    ['a deadline there', { maintenance: { timeoutMs: 5 } }],
    ['tasks there', { maintenance: { tasks: [cleanup] } }],
    ['a mode that is none', { maintenance: { mode: 'gentle' } }],
    ['a checkpoint loop with other names', { checkpoint: { sizeBytes: 5 } }],
    ['one that is only true', { checkpoint: true }],
    ['one without a pause', { checkpoint: { intervalMs: 0 } }],
    ['one of less than nothing', { checkpoint: { walSizeBytes: -1 } }],
    ['enabled by a word', { enabled: 'yes' }],
    ['a callback that is none', { onRun: 'yes' }],
    ['a logger that is none', { logger: {} }],
    ['a clock that is none', { clock: {} }],
    ['chance that is none', { random: 0.5 }],
  ])('%s', async (_, options) => {
    expect(await codeOf(() => make(options))).toBe('INVALID_ARGUMENT')
  })
})

describe('what the backend has not is UNSUPPORTED', () => {
  it('a checkpoint loop without a write-ahead log; by default there is none then', async () => {
    expect(await codeOf(() => make({ checkpoint: {} }, { writeAheadLog: false }))).toBe('UNSUPPORTED')
    const service = make({}, { writeAheadLog: false }) as ReturnType<typeof createMaintenanceService>
    expect(service.stats().checkpoint).toBeUndefined()
  })

  it('a step that it cannot do', async () => {
    expect(await codeOf(() => make({ maintenance: { steps: ['vacuum'] } }, { vacuum: false }))).toBe('UNSUPPORTED')
  })
})
