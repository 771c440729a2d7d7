/** What the retention bench asks of its process. */
import type { TaskReport } from '@upkeep/core'
import type { StoreSettings } from '../maintenance/protocols.ts'
import type { TrafficReport } from '../maintenance/traffic.ts'

/** How much memory the process took at most, beside what it took before, in bytes. */
export interface MemoryGrowth {
  readonly rssBytes: number
  readonly heapBytes: number
  /** What is left of that after a collection, at the end. */
  readonly heapKeptBytes: number
}

/** What a retention beside traffic came to. */
export interface RetentionResult {
  readonly elapsedMs: number
  readonly task: TaskReport | undefined
  readonly traffic: TrafficReport
  readonly memory: MemoryGrowth
  /** The largest that the write-ahead log was seen. */
  readonly walPeakBytes: number
  /** Ids that `onDeleted` was told. */
  readonly toldCount: number
  /** Rows that should be gone and are not. */
  readonly leftCount: number
}

/** Of the process that has the store. */
export type RetentionProtocol = {
  readonly build: {
    readonly request: { readonly path: string; readonly eventCount: number; readonly documentCount: number }
    readonly answer: void
  }
  readonly open: { readonly request: StoreSettings; readonly answer: void }
  /** Traffic alone, until caches are full and code is compiled. */
  readonly rest: {
    readonly request: { readonly documentCount: number; readonly durationMs: number }
    readonly answer: { readonly traffic: TrafficReport; readonly memory: MemoryGrowth }
  }
  readonly retain: {
    readonly request: { readonly documentCount: number; readonly withCallback: boolean }
    readonly answer: RetentionResult
  }
  readonly close: { readonly request: null; readonly answer: void }
}
