/** What `health()`, `stats()` and `close()` answer. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { Context } from './context.ts'
import type { MaintenanceMode, MaintenanceReport } from './maintenance.ts'

/** One thing that `health()` looked at. */
export interface HealthFinding {
  /** Stable, for alerts: `reachable`, `wal_size`, `freelist`, … */
  readonly code: string
  /** How it was found. */
  readonly status: 'pass' | 'warn' | 'fail'
  /** What was looked at, for people; it names the unit of `value`. */
  readonly text: string
  /** What was measured; of `reachable` the milliseconds that the answer took. */
  readonly value?: number | undefined
  /** The value past which it is no longer `pass`. */
  readonly limit?: number | undefined
}

/** What `store.health()` resolves to: an unhealthy store is a report, not a rejection. */
export interface HealthReport {
  /** The worst of the findings. */
  readonly status: 'pass' | 'warn' | 'fail'
  /** When the look began. */
  readonly checkedAt: Date
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** Everything that was looked at. */
  readonly findings: readonly HealthFinding[]
}

/** An immutable snapshot of counters since the store was opened. */
export interface StoreStats {
  /** Where the store is in its life. */
  readonly status: StoreStatus
  /** Statements that were handed to the engine, also those that failed. */
  readonly queryCount: number
  /** Failures by code. */
  readonly errorCount: Readonly<Partial<Record<StoreErrorCode, number>>>
  /** Operations under way now: transactions, leased connections, streams, waiting statements. */
  readonly inFlight: number
  /** Transactions that were begun; each attempt of a retry is one. */
  readonly transactionCount: number
  /** Calls of `maintenance()`, those that joined a run included. */
  readonly maintenanceCount: number
  /** Counters of the backend: statement cache, lock waits, … The keys say their units. */
  readonly engine: Readonly<Record<string, number>>
}

/** Where a store is in its life. */
export type StoreStatus = 'open' | 'closing' | 'closed'

/** Options of `store.close()`. `signal` and `timeoutMs` (milliseconds) shorten the drain and the maintenance. */
export interface CloseContext extends Context {
  /** In milliseconds: what is running gets this long to finish, then it is aborted with `CLOSED`. @default 5000 */
  readonly drainMs?: number | undefined
  /** Maintenance done before the handles are released; `false` for none. @default 'auto' */
  readonly maintenanceOnClose?: MaintenanceMode | false | undefined
  /** In milliseconds: no new maintenance step begins after this. @default 5000 */
  readonly budgetMs?: number | undefined
}

/** What `store.close()` resolves to. */
export interface CloseReport {
  /** Everything had finished by itself, maintenance was not cut short and no write-ahead log is left. */
  readonly clean: boolean
  /** How long closing took, in milliseconds. */
  readonly durationMs: number
  /** The report of the last maintenance; absent if there was none, or if it could not report. */
  readonly maintenance?: MaintenanceReport | undefined
  /** Size of the write-ahead log that was left, in bytes; absent where there is none. */
  readonly walSizeBytes?: number | undefined
  /** Operations that had to be aborted because they outlasted `drainMs`. */
  readonly abandoned: number
}
