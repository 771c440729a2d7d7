/**
 * What the maintenance bench asks of its processes. Instants are those of `process.hrtime.bigint()`, which all
 * processes of a machine share on Linux and macOS.
 */
import type { CloseReport, MaintenanceMode, MaintenanceReport } from '@upkeep/core'
import type { LatencySummary } from '../statistics.ts'
import type { TrafficReport } from './traffic.ts'

/** A run of `store.maintenance()` and what the caller saw. */
export interface MaintenanceRun {
  /** From the call to its end, as the caller sees it. */
  readonly elapsedMs: number
  /** Of the rejection, if it rejected. */
  readonly errorCode: string | undefined
  /** Of the resolution, or carried by the rejection. */
  readonly report: MaintenanceReport | undefined
  /** From the call to the first progress of the VACUUM. */
  readonly vacuumBeganMs: number | undefined
}

/** Whether a commit waits for the disk (`synchronous=FULL`, the default of a store) or not. */
export type Durability = 'full' | 'normal'

/** How a store is opened; everything else is its default. */
export interface StoreSettings {
  readonly path: string
  readonly durability: Durability
}

/** When to act during a full VACUUM. */
export interface VacuumMoment {
  readonly afterMs: number
  /** Counted from the first progress of the VACUUM, or, where it tells none, from the call with this much before it. */
  readonly leadMs: number | undefined
}

/** Of the process that has the store. Types, not interfaces, so that they are a `Protocol`. */
export type HostProtocol = {
  /** Makes the database, deletes half of it, closes it. */
  readonly build: {
    readonly request: { readonly path: string; readonly count: number }
    readonly answer: { readonly elapsedMs: number }
  }
  readonly open: { readonly request: StoreSettings; readonly answer: void }
  readonly close: { readonly request: null; readonly answer: CloseReport }
  /** Traffic alone. */
  readonly rest: {
    readonly request: { readonly count: number; readonly durationMs: number }
    readonly answer: TrafficReport
  }
  /** Maintenance, with traffic if there is a number of documents. */
  readonly maintain: {
    readonly request: {
      readonly mode: MaintenanceMode
      readonly maxWriteWaitMs?: false
      readonly trafficCount?: number
    }
    readonly answer: { readonly run: MaintenanceRun; readonly traffic: TrafficReport | undefined }
  }
  /** Begins a full VACUUM and aborts it so long after its begin; answers at the abort. */
  readonly abortVacuum: {
    readonly request: VacuumMoment
    /** `finished`: it ended before it was to be aborted. */
    readonly answer: { readonly abortedAtNs: bigint; readonly finished: boolean }
  }
  /** Waits for the aborted call, then writes once. */
  readonly afterAbort: {
    readonly request: null
    readonly answer: {
      readonly run: MaintenanceRun
      readonly settledAtNs: bigint
      /** Size of the write-ahead log between the two. */
      readonly walBytes: number
      readonly nextWriteMs: number
    }
  }
  /** A write that arrives so long after the begin of a full VACUUM with the default `maxWriteWaitMs`. */
  readonly writeInVacuum: {
    readonly request: VacuumMoment
    readonly answer: { readonly run: MaintenanceRun; readonly writeMs: number }
  }
}

/** Of the process that has a plain connection. */
export type ProbeProtocol = {
  readonly open: { readonly request: { readonly path: string }; readonly answer: void }
  readonly close: { readonly request: null; readonly answer: void }
  /** Tries to get the write lock until it has it, gives it back at once; answers when that was. */
  readonly takeWriteLock: {
    readonly request: { readonly timeoutMs: number }
    readonly answer: { readonly takenAtNs: bigint; readonly attempts: number }
  }
  /** `integrity_check`: 'ok' or its first complaint. */
  readonly checkIntegrity: { readonly request: null; readonly answer: string }
  readonly inspect: {
    readonly request: null
    readonly answer: { readonly pageCount: number; readonly freePageCount: number; readonly autoVacuum: number }
  }
  /** VACUUM and close, timed, where there is no sqlite3 shell. */
  readonly vacuum: { readonly request: { readonly path: string }; readonly answer: { readonly elapsedMs: number } }
  readonly readCounter: {
    readonly request: null
    readonly answer: { readonly value: number; readonly ledgerCount: number }
  }
}

/** Of the processes that write one file together, one of which maintains it. */
export type CrowdProtocol = {
  readonly open: { readonly request: StoreSettings; readonly answer: void }
  /** Increments the counter until the time is up. */
  readonly write: {
    readonly request: { readonly worker: number; readonly durationMs: number }
    readonly answer: CrowdReport
  }
  /** Maintains again and again until the time is up. */
  readonly maintain: {
    readonly request: { readonly durationMs: number }
    readonly answer: {
      readonly outcomes: Readonly<Record<string, number>>
      readonly errors: Readonly<Record<string, number>>
    }
  }
  readonly close: { readonly request: null; readonly answer: CloseReport }
}

/** What one of the writers did. */
export interface CrowdReport {
  readonly committed: number
  readonly latencies: LatencySummary
  readonly errors: Readonly<Record<string, number>>
}
