/** What `health()` takes and answers. */
import type { Context } from './context.ts'

/** One thing that `health()` looked at. */
export interface HealthFinding {
  /** Stable, for alerts: `reachable`, `wal_size`, `freelist`, … */
  readonly code: string
  /** How it was found. */
  readonly status: 'pass' | 'warn' | 'fail'
  /** What was looked at, for people; it names the unit of `value`. */
  readonly text: string
  /** What was measured; absent where there was nothing to measure: no sample, nobody who waited, no answer. */
  readonly value?: number | undefined
  /** The value past which it is no longer `pass`; of `pool_use` what the pool holds, of `reachable` the deadline. */
  readonly limit?: number | undefined
}

/** What `store.health()` resolves to: an unhealthy store is a report, not a rejection. */
export interface HealthReport {
  /** The worst of the findings. */
  readonly status: 'pass' | 'warn' | 'fail'
  /** When the look began; a Date of one's own each time it is read. */
  readonly checkedAt: Date
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** Everything that was looked at. */
  readonly findings: readonly HealthFinding[]
}

/** Options of `store.health()`. */
export interface HealthContext extends Context {
  /** Looks anew, and refreshes what others are told; joins a look that is under way. @default false */
  readonly fresh?: boolean | undefined
}

/** From where on a finding is no longer `pass`. Which finding has which limit stands at each. */
export interface HealthLimits {
  /** In milliseconds: `latency_now`, the answer to one small question. @default 1000 */
  readonly latencyMs: number
  /** In milliseconds: `latency_p95`, statements of the last minute. @default 1000 */
  readonly latencyP95Ms: number
  /** In milliseconds: `write_lock_wait`, the p95 of those who waited within the last minute. @default 1000 */
  readonly writeLockWaitMs: number
  /** In milliseconds: `pool_wait`, the p95 of those who waited within the last minute. @default 1000 */
  readonly poolWaitMs: number
  /** In milliseconds: `oldest_operation`, the oldest transaction, stream or leased connection of this store, migrations included. @default 60000 */
  readonly operationAgeMs: number
  /** In bytes: `wal_size`. @default 67108864 (64 MiB) */
  readonly walSizeBytes: number
  /** Share of the pages that are free: `freelist`. @default 0.25 */
  readonly freelistRatio: number
  /** In bytes: `freelist` is `pass` below, whatever its share. @default 67108864 (64 MiB) */
  readonly freelistSizeBytes: number
  /** In bytes: `disk_free` is `warn` below; a tenth of it is `fail`. @default 1073741824 (1 GiB) */
  readonly diskFreeBytes: number
  /** In milliseconds: `last_maintenance`, since the last run that was `ok`. @default 604800000 (7 days) */
  readonly maintenanceAgeMs: number
}

/** How a store looks at itself: the option `health` of every `openX`. */
export interface HealthOptions {
  /** In milliseconds, at least 1: how long an answer is good for others; `false` looks anew each time. @default 5000 */
  readonly cacheMs?: number | false | undefined
  /**
   * In milliseconds, at least 1: how long a look may take before the database counts as not answering. While it hangs
   * beyond that, every answer is `reachable: fail`, and it is asked nothing more. @default 5000
   */
  readonly timeoutMs?: number | undefined
  /** From where on findings are no longer `pass`. @default see {@link HealthLimits} */
  readonly limits?: Partial<HealthLimits> | undefined
}
