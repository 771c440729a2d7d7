/** What `stats()` answers: counters since the store was opened or reset, and latencies of the last minute. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { MaintenanceOutcome } from './maintenance.ts'
import type { StoreStatus } from './reports.ts'

/** Durations within a sliding window, in milliseconds; right to 1 %. Without any, only `count` (0) is there. */
export interface LatencyStats {
  /** How far the window looks back, in milliseconds. */
  readonly windowMs: number
  /** How many durations the window holds. */
  readonly count: number
  /** Half of them took at most this long. */
  readonly p50Ms?: number | undefined
  /** 95 of 100 took at most this long. */
  readonly p95Ms?: number | undefined
  /** 99 of 100 took at most this long. */
  readonly p99Ms?: number | undefined
  /** The longest. */
  readonly maxMs?: number | undefined
}

/** Those who wait for something that one or few can have at a time. */
export interface QueueStats {
  /** How many wait now. */
  readonly waiting: number
  /** The most that ever waited at the same time, since opening or the last reset. */
  readonly peakWaiting: number
  /** The most that waited at the same time within the window of `wait`. */
  readonly recentPeakWaiting: number
  /** How long those waited who had to; who found it free is not in here. */
  readonly wait: LatencyStats
}

/** Connections that are leased, for streams, read-only transactions and the like. */
export interface PoolStats extends QueueStats {
  /** How many may be leased at the same time. */
  readonly limit: number
  /** How many are leased now. */
  readonly leased: number
  /** The most that were leased at the same time, since opening or the last reset. */
  readonly peakLeased: number
  /** The most that were leased at the same time within the window of `wait`. */
  readonly recentPeakLeased: number
}

/** Prepared statements that are kept. */
export interface StatementCacheStats {
  /** Statements that were found in a cache. */
  readonly hitCount: number
  /** Statements that were not there, and were prepared and kept. */
  readonly missCount: number
}

/** What an engine counts of itself. What it has not, it leaves out. */
export interface EngineStats {
  /** Who waits for the lock that writers take, where writers exclude each other. */
  readonly writeLock?: QueueStats | undefined
  /** Connections beside the usual ones. */
  readonly pool?: PoolStats | undefined
  /** Threads for long statements and for transactions that can be stopped, where there are any. */
  readonly workers?: PoolStats | undefined
  /**
   * Statements by what ran them: `inline` is the caller's own thread, `worker` another one, `process` that of
   * maintenance, by its tasks. One that was stopped and moved counts in both.
   */
  readonly executors: Readonly<Record<string, number>>
  /** Prepared statements that are kept. */
  readonly statementCache?: StatementCacheStats | undefined
  /** Size of the write-ahead log now, in bytes; absent where there is none. Source: https://www.sqlite.org/wal.html */
  readonly walSizeBytes?: number | undefined
}

/**
 * What maintenance has come to since the store was opened or reset: runs of `maintenance()`, and that of `close()`. A
 * dry run is none.
 */
export interface MaintenanceTotals {
  /** Runs by what came of them; `aborted` and `failed` also count those that rejected. */
  readonly runCount: Readonly<Partial<Record<MaintenanceOutcome, number>>>
  /** Calls that joined a run under way. */
  readonly joinCount: number
  /** Time spent in runs, in milliseconds. */
  readonly durationMs: number
  /** Bytes by which steps have left the database file smaller, where the database is a file. */
  readonly reclaimedBytes: number
  /** Rows that tasks have deleted: the `deletedRowCount` of their counters. */
  readonly deletedRowCount: number
}

/** An immutable snapshot. Counters count since {@link StoreStats.since}; latencies look back by their window. */
export interface StoreStats {
  /** Where the store is in its life. */
  readonly status: StoreStatus
  /** When counting began: when the store was opened, or the last `resetStats()`. A Date of one's own each time it is read. */
  readonly since: Date
  /** Statements that were handed to the engine, also those that failed; a stream is one. */
  readonly queryCount: number
  /** Statements that took longer than `slowQueries.thresholdMs`; 0 where that is not set. */
  readonly slowQueryCount: number
  /** Failures by code: of statements, transactions, connections, maintenance. */
  readonly errorCount: Readonly<Partial<Record<StoreErrorCode, number>>>
  /** Operations that a signal or a deadline ended: the `ABORTED` and `TIMEOUT` of `errorCount` together. */
  readonly abortCount: number
  /** Transactions that were to begin, also those that could not; each attempt of a retry is one. */
  readonly transactionCount: number
  /** Operations under way now: transactions, leased connections, streams, waiting statements. */
  readonly inFlight: number
  /** The most that were under way at the same time, since opening or the last reset. */
  readonly peakInFlight: number
  /** Statements, from the call to the answer, waiting included; a stream has answered with its first rows. */
  readonly latency: LatencyStats
  /** Whole transactions of `store.transaction()`, from the call to the end, waiting and further attempts included. */
  readonly transactionLatency: LatencyStats
  /** Maintenance. */
  readonly maintenance: MaintenanceTotals
  /** What the engine counts of itself. */
  readonly engine: EngineStats
}
