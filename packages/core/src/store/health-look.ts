/**
 * What `health()` looks at, whatever the backend: whether the database answers, what the store has counted of the last
 * while, and when it was maintained. What only one backend has, its engine finds.
 *
 * Nothing here is kept, joined or given a deadline; see health-monitor.ts.
 */
import type { Engine } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { HealthFinding, HealthLimits } from '../contract/health.ts'
import type { PoolStats, StoreStats } from '../contract/stats.ts'
import { isStoreError } from '../errors/store-error.ts'
import { recallMaintained } from '../maintenance/recall-maintained.ts'
import type { ResolvedHealthOptions } from '../open/health-options.ts'
import { warnAbove } from './health-report.ts'

/** What is looked at. */
export interface HealthSubject {
  readonly engine: Engine
  readonly clock: Clock
  /** When the store was opened, as the clock's monotonic time has it. */
  readonly openedMs: number
  stats(): StoreStats
  /** Milliseconds that the oldest transaction, stream or leased connection has been open; `undefined` without any. */
  oldestOperationMs(): number | undefined
}

/** Asks the database. @throws what the engine says when it does not answer */
export async function askDatabase(
  subject: HealthSubject,
  { limits, timeoutMs }: ResolvedHealthOptions,
  signal: AbortSignal,
): Promise<readonly HealthFinding[]> {
  const { engine, clock } = subject
  const startedMs = clock.monotonicMs()
  await engine.ping({ signal })
  const answerMs = clock.monotonicMs() - startedMs
  return [
    warnAbove('reachable', 'the database answers; milliseconds that it took', answerMs, timeoutMs),
    warnAbove('latency_now', 'milliseconds that one small read took just now', answerMs, limits.latencyMs),
    ...(await maintenanceAge(subject, limits)),
    ...(await engine.health(limits, { signal })),
  ]
}

/** The finding of a database that has not answered; `code` is that of the error. */
export function unreachable(code: string, { timeoutMs }: ResolvedHealthOptions): HealthFinding {
  const text = `the database does not answer: ${code}; the limit is in milliseconds`
  return { code: 'reachable', status: 'fail', text, limit: timeoutMs }
}

/** What the store has counted: needs no answer of the database. */
export function countedFindings(subject: HealthSubject, limits: HealthLimits): readonly HealthFinding[] {
  const { latency, engine } = subject.stats()
  const { writeLock, pool } = engine
  const findings = [
    warnAbove(
      'latency_p95',
      `p95 of the statements of the last ${seconds(latency.windowMs)}, in milliseconds`,
      latency.p95Ms,
      limits.latencyP95Ms,
    ),
  ]
  if (writeLock !== undefined) {
    const text = `p95 of the waits for the write lock within the last ${seconds(writeLock.wait.windowMs)}, in milliseconds`
    findings.push(warnAbove('write_lock_wait', text, writeLock.wait.p95Ms, limits.writeLockWaitMs))
  }
  if (pool !== undefined) findings.push(...poolFindings(pool, limits))
  const text = 'milliseconds that the oldest transaction, stream or leased connection has been open'
  findings.push(warnAbove('oldest_operation', text, subject.oldestOperationMs(), limits.operationAgeMs))
  return findings
}

/** A pool that is used to its limit is used well; it is too small when somebody had to wait. */
function poolFindings(pool: PoolStats, { poolWaitMs }: HealthLimits): readonly HealthFinding[] {
  const window = seconds(pool.wait.windowMs)
  // Peaks are noted when a number rises: one that has been as high for longer than the window is that of now.
  const wanted = Math.max(pool.leased, pool.recentPeakLeased) + Math.max(pool.waiting, pool.recentPeakWaiting)
  const text = `connections wanted at the same time within the last ${window}; those above the limit had to wait`
  const waitText = `p95 of the waits for a connection within the last ${window}, in milliseconds`
  return [
    warnAbove('pool_use', text, wanted, pool.limit),
    warnAbove('pool_wait', waitText, pool.wait.p95Ms, poolWaitMs),
  ]
}

/** Where nobody has ever maintained, the store is as old as its opening. */
async function maintenanceAge(
  { engine, clock, openedMs }: HealthSubject,
  { maintenanceAgeMs: limit }: HealthLimits,
): Promise<readonly HealthFinding[]> {
  if (!engine.capabilities.writable) return []
  const code = 'last_maintenance'
  try {
    const maintainedAt = await recallMaintained(engine)
    if (maintainedAt === undefined) {
      const text = 'milliseconds since the store was opened; no maintenance that was ok is known'
      return [warnAbove(code, text, clock.monotonicMs() - openedMs, limit)]
    }
    // A time of day may have been set back since.
    const ageMs = Math.max(0, clock.now().getTime() - maintainedAt.getTime())
    return [warnAbove(code, 'milliseconds since the last maintenance that was ok', ageMs, limit)]
  } catch (error) {
    const text = `when maintenance was last ok cannot be told: ${codeOf(error)}; the limit is in milliseconds`
    return [{ code, status: 'warn', text, limit }]
  }
}

/** The code of what an engine threw. */
export function codeOf(error: unknown): string {
  return isStoreError(error) ? error.code : 'UNKNOWN'
}

function seconds(windowMs: number): string {
  return `${windowMs / 1000} s`
}
