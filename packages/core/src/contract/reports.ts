/** What `health()`, `stats()` and `close()` answer. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { Context } from './context.ts'
import type { MaintenanceMode, MaintenanceReport } from './maintenance.ts'

/** One thing that `health()` looked at. */
export interface HealthFinding {
  /** Stable, for alerts: `reachable`, `wal_size`, `freelist`, … */
  readonly code: string
  readonly status: 'pass' | 'warn' | 'fail'
  readonly text: string
  readonly value?: number | undefined
  readonly limit?: number | undefined
}

/** An unhealthy store is a report, not a rejection. */
export interface HealthReport {
  /** The worst of the findings. */
  readonly status: 'pass' | 'warn' | 'fail'
  readonly checkedAt: Date
  readonly durationMs: number
  readonly findings: readonly HealthFinding[]
}

/** An immutable snapshot of counters since the store was opened. */
export interface StoreStats {
  readonly status: StoreStatus
  /** Statements that were handed to the engine, also those that failed. */
  readonly queryCount: number
  /** Failures by code. */
  readonly errorCount: Readonly<Partial<Record<StoreErrorCode, number>>>
  /** Operations under way now: transactions, leased connections, streams, waiting statements. */
  readonly inFlight: number
  readonly transactionCount: number
  readonly maintenanceCount: number
  /** Counters of the backend: statement cache, lock waits, … The keys say their units. */
  readonly engine: Readonly<Record<string, number>>
}

/** Where a store is in its life. */
export type StoreStatus = 'open' | 'closing' | 'closed'

/** Options of `store.close()`. */
export interface CloseContext extends Context {
  /** What is running gets this long to finish, then it is aborted. @default 5000 */
  readonly drainMs?: number | undefined
  /** Maintenance done before the handles are released. @default 'auto' */
  readonly maintenanceOnClose?: MaintenanceMode | false | undefined
  /** No new maintenance step begins after this many milliseconds. @default 5000 */
  readonly budgetMs?: number | undefined
}

/** What `store.close()` resolves to. */
export interface CloseReport {
  /** Everything had finished by itself, maintenance was not cut short and no write-ahead log is left. */
  readonly clean: boolean
  readonly durationMs: number
  readonly maintenance?: MaintenanceReport | undefined
  /** Size of the write-ahead log that was left, where there is one. */
  readonly walSizeBytes?: number | undefined
  /** Operations that had to be aborted because they outlasted `drainMs`. */
  readonly abandoned: number
}
