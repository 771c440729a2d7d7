// What health() finds, whatever the backend: from the answer of the engine, from the counters, from the notes of
// maintenance. When it looks is in health-monitor.test.ts.
import { HEALTH_LIMITS, type HealthFinding, type LatencyStats, type PoolStats, type QueueStats } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { createFakeHealth, type FakeHealth, NO_LATENCY } from './support/fake-health.ts'
import { turns } from './support/outcome.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const WEEK_MS = 7 * DAY_MS

const latency = (p95Ms: number): LatencyStats => ({
  windowMs: 60_000,
  count: 1,
  p50Ms: 1,
  p95Ms,
  p99Ms: p95Ms,
  maxMs: p95Ms,
})
const queue = (wait: LatencyStats = NO_LATENCY): QueueStats => ({
  waiting: 0,
  peakWaiting: 9,
  recentPeakWaiting: 0,
  wait,
})
const pool = (numbers: Partial<PoolStats> = {}): PoolStats => ({
  ...queue(),
  limit: 4,
  leased: 0,
  peakLeased: 4,
  recentPeakLeased: 0,
  ...numbers,
})

async function findingOf({ monitor }: FakeHealth, code: string): Promise<HealthFinding | undefined> {
  const found = (await monitor.ask({ fresh: true })).findings.filter((finding) => finding.code === code)
  expect(found.length <= 1).toBe(true)
  return found[0]
}

it('a store at rest passes, by findings that each have a limit', async () => {
  const { status, findings } = await createFakeHealth().monitor.ask({})
  expect(status).toBe('pass')
  expect(findings.map(({ code }) => code)).toEqual([
    'reachable',
    'latency_now',
    'last_maintenance',
    'latency_p95',
    'oldest_operation',
  ])
  expect(findings.every(({ limit, text }) => limit !== undefined && text.length > 0)).toBe(true)
})

it('the report is as bad as its worst finding', async () => {
  const fake = createFakeHealth()
  const found = (status: HealthFinding['status']): HealthFinding => ({ code: `engine_${status}`, status, text: '' })
  for (const [findings, worst] of [
    [[found('pass')], 'pass'],
    [[found('warn'), found('pass')], 'warn'],
    [[found('warn'), found('fail'), found('warn')], 'fail'],
  ] as const) {
    fake.findings = findings
    const report = await fake.monitor.ask({ fresh: true })
    expect(report.status).toBe(worst)
    expect(report.findings).toEqual(expect.arrayContaining([...findings]))
  }
})

it('an engine whose own look fails is one that does not answer', async () => {
  const fake = createFakeHealth()
  fake.findings = new Error('mine')
  expect(await findingOf(fake, 'reachable')).toMatchObject({ status: 'fail' })
})

it('latency_now: how long the answer took', async () => {
  const { monitor, clock, questions } = createFakeHealth({ limits: { latencyMs: 20 } }, { answers: false })
  for (const [tookMs, status] of [
    [20, 'pass'],
    [21, 'warn'],
  ] as const) {
    const asking = monitor.ask({ fresh: true })
    await turns()
    clock.advance(tookMs)
    questions.at(-1)?.answer()
    const { findings } = await asking
    expect(findings.slice(0, 2)).toMatchObject([
      { code: 'reachable', status: 'pass', value: tookMs, limit: 5000 },
      { code: 'latency_now', status, value: tookMs, limit: 20 },
    ])
  }
})

describe('of the counters', () => {
  it.each<[code: string, limit: number, stats: (p95Ms: number) => FakeHealth['stats']]>([
    ['latency_p95', HEALTH_LIMITS.latencyP95Ms, (ms) => ({ latency: latency(ms), engine: { executors: {} } })],
    [
      'write_lock_wait',
      HEALTH_LIMITS.writeLockWaitMs,
      (ms) => ({ latency: NO_LATENCY, engine: { executors: {}, writeLock: queue(latency(ms)) } }),
    ],
    [
      'pool_wait',
      HEALTH_LIMITS.poolWaitMs,
      (ms) => ({ latency: NO_LATENCY, engine: { executors: {}, pool: pool({ wait: latency(ms) }) } }),
    ],
  ])('%s: the p95 of the window', async (code, limit, stats) => {
    const fake = createFakeHealth()
    fake.stats = stats(limit)
    expect(await findingOf(fake, code)).toMatchObject({ status: 'pass', value: limit, limit })
    fake.stats = stats(limit + 1)
    expect(await findingOf(fake, code)).toMatchObject({ status: 'warn', value: limit + 1, limit })
  })

  it('without samples there is nothing to warn of', async () => {
    const fake = createFakeHealth({ limits: { latencyP95Ms: 0, writeLockWaitMs: 0, poolWaitMs: 0 } })
    fake.stats = { latency: NO_LATENCY, engine: { executors: {}, writeLock: queue(), pool: pool() } }
    for (const code of ['latency_p95', 'write_lock_wait', 'pool_wait']) {
      const finding = await findingOf(fake, code)
      expect([finding?.status, finding?.value, finding?.limit]).toEqual(['pass', undefined, 0])
    }
  })

  it('what an engine does not count is left out', async () => {
    const fake = createFakeHealth()
    for (const code of ['write_lock_wait', 'pool_use', 'pool_wait']) expect(await findingOf(fake, code)).toBe(undefined)
  })

  it.each<[name: string, numbers: Partial<PoolStats>, status: string, value: number]>([
    ['lifetime peaks count for nothing', { peakLeased: 4, peakWaiting: 9 }, 'pass', 0],
    ['all of them in use', { recentPeakLeased: 4 }, 'pass', 4],
    ['somebody had to wait', { recentPeakLeased: 4, recentPeakWaiting: 2 }, 'warn', 6],
    ['all in use for longer than the window', { leased: 4 }, 'pass', 4],
    ['somebody waits for longer than the window', { leased: 4, waiting: 1 }, 'warn', 5],
  ])('pool_use: %s', async (_name, numbers, status, value) => {
    const fake = createFakeHealth()
    fake.stats = { latency: NO_LATENCY, engine: { executors: {}, pool: pool(numbers) } }
    expect(await findingOf(fake, 'pool_use')).toMatchObject({ status, value, limit: 4 })
  })

  it('oldest_operation: its age; none without any', async () => {
    const fake = createFakeHealth()
    expect(await findingOf(fake, 'oldest_operation')).toMatchObject({ status: 'pass', value: undefined, limit: 60_000 })
    fake.oldestMs = 60_000
    expect(await findingOf(fake, 'oldest_operation')).toMatchObject({ status: 'pass', value: 60_000 })
    fake.oldestMs = 60_001
    expect(await findingOf(fake, 'oldest_operation')).toMatchObject({ status: 'warn', value: 60_001 })
  })
})

describe('last_maintenance', () => {
  const noted = (atMs: number) => async () => String(atMs)

  it('its age, by the time of day', async () => {
    const fake = createFakeHealth()
    fake.recall = noted(fake.clock.now().getTime() - WEEK_MS)
    expect(await findingOf(fake, 'last_maintenance')).toMatchObject({ status: 'pass', value: WEEK_MS, limit: WEEK_MS })
    fake.clock.advance(1)
    expect(await findingOf(fake, 'last_maintenance')).toMatchObject({ status: 'warn', value: WEEK_MS + 1 })
  })

  it('never, or a note that is none: the age of the store', async () => {
    for (const note of [undefined, '', 'nonsense', '-1']) {
      const fake = createFakeHealth()
      fake.recall = async () => note
      fake.clock.advance(DAY_MS)
      expect(await findingOf(fake, 'last_maintenance')).toMatchObject({ status: 'pass', value: DAY_MS })
      fake.clock.advance(WEEK_MS)
      expect(await findingOf(fake, 'last_maintenance')).toMatchObject({ status: 'warn', value: DAY_MS + WEEK_MS })
    }
  })

  it('a time of day that was set back makes nothing younger than now', async () => {
    const fake = createFakeHealth({ limits: { maintenanceAgeMs: 0 } })
    fake.recall = noted(fake.clock.now().getTime() + DAY_MS)
    expect(await findingOf(fake, 'last_maintenance')).toMatchObject({ status: 'pass', value: 0 })
  })

  it('is left out where nobody may maintain', async () => {
    const fake = createFakeHealth()
    fake.writable = false
    fake.recall = () => Promise.reject(new Error('asked'))
    expect(await findingOf(fake, 'last_maintenance')).toBe(undefined)
  })

  it('a note that cannot be read is a warning, and the database answers all the same', async () => {
    const fake = createFakeHealth()
    fake.recall = () => Promise.reject(new Error('secret'))
    const finding = await findingOf(fake, 'last_maintenance')
    expect([finding?.status, finding?.value, finding?.text.includes('secret')]).toEqual(['warn', undefined, false])
    expect((await findingOf(fake, 'reachable'))?.status).toBe('pass')
  })
})
