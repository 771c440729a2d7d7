/** `health()`: asks the engine one small question and collects what it finds. It never throws for a sick database. */
import { type CompiledQuery, CompiledQuery as Query } from 'kysely'
import { assertNotAborted } from '../abort/abort-error.ts'
import { openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import type { HealthFinding, HealthLimits, HealthReport } from '../contract/health.ts'
import { isStoreError } from '../errors/store-error.ts'
import { givenOptions } from '../open/check-options.ts'

/** The defaults of {@link HealthLimits}. */
export const HEALTH_LIMITS: HealthLimits = Object.freeze({
  latencyMs: 1000,
  latencyP95Ms: 1000,
  writeLockWaitMs: 1000,
  poolWaitMs: 1000,
  operationAgeMs: 60_000,
  walSizeBytes: 64 * 1024 * 1024,
  freelistRatio: 0.25,
  freelistSizeBytes: 64 * 1024 * 1024,
  diskFreeBytes: 1024 * 1024 * 1024,
  maintenanceAgeMs: 7 * 24 * 60 * 60 * 1000,
})
const DEFAULT_TIMEOUT_MS = 5000
const PROBE: CompiledQuery = Query.raw('select 1')
const SEVERITY = { pass: 0, warn: 1, fail: 2 } as const

/** One report. @throws INVALID_ARGUMENT for a context that is none, and the caller's own abort. */
export async function checkHealth(engine: Engine, clock: Clock, ctx: Context): Promise<HealthReport> {
  using deadline = openDeadline({ timeoutMs: DEFAULT_TIMEOUT_MS, ...givenOptions(ctx) }, clock, 'health')
  const checkedAt = clock.now()
  const startedMs = clock.monotonicMs()
  const findings = await find(engine, clock, deadline.signal)
  assertNotAborted(ctx.signal, 'health')
  const status = findings.reduce<HealthReport['status']>(
    (worst, { status }) => (SEVERITY[status] > SEVERITY[worst] ? status : worst),
    'pass',
  )
  return Object.freeze({
    status,
    checkedAt,
    durationMs: clock.monotonicMs() - startedMs,
    findings: Object.freeze(findings),
  })
}

async function find(engine: Engine, clock: Clock, signal: AbortSignal): Promise<HealthFinding[]> {
  const startedMs = clock.monotonicMs()
  try {
    await engine.execute(PROBE, { signal })
    const reachable: HealthFinding = {
      code: 'reachable',
      status: 'pass',
      text: 'the database answers',
      value: clock.monotonicMs() - startedMs,
    }
    return [reachable, ...(await engine.health(HEALTH_LIMITS, { signal }))]
  } catch (error) {
    const code = isStoreError(error) ? error.code : 'UNKNOWN'
    return [{ code: 'reachable', status: 'fail', text: `the database does not answer: ${code}` }]
  }
}
