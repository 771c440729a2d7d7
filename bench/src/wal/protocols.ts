/** What the bench of the log and of memory asks of its process. */
import type { LatencySummary } from '../statistics.ts'

/** A writer that never rests. */
export interface SaturationRequest {
  readonly path: string
  readonly checkpointer: boolean
  readonly durability: 'full' | 'normal'
  readonly walLimitBytes: number
  readonly durationMs: number
  /** How long a stream is open in the middle of it; 0 for none. */
  readonly readerMs: number
}

/** What came of it. */
export interface SaturationResult {
  readonly commits: LatencySummary
  readonly walPeakBytes: number
  /** From the end of the stream until the log was below its limit. */
  readonly backBelowMs: number | undefined
  /** Whether health named the stream while it held the log above its limit. */
  readonly wasNamed: boolean
}

/** A scan of a large database. */
export interface ScanRequest {
  /** Whether the process has been busy before, as a server is. */
  readonly isWarm: boolean
  readonly path: string
  readonly memoryBudgetBytes: number
  readonly sizeBytes: number
}

/** What the process took beside what it took before the scan, in bytes. */
export interface ScanResult {
  readonly fileSizeBytes: number
  readonly peakBytes: number
  readonly afterMaintenanceBytes: number
  /** What of that is the heap of V8, which keeps what it once needed for new objects. */
  readonly heapBytes: number
}

/** Of the process that has the store. */
export type WalProtocol = {
  readonly saturate: { readonly request: SaturationRequest; readonly answer: SaturationResult }
  readonly build: { readonly request: Pick<ScanRequest, 'path' | 'sizeBytes'>; readonly answer: void }
  readonly scan: { readonly request: ScanRequest; readonly answer: ScanResult }
}
