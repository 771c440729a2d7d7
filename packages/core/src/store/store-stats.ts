/** The snapshot that `stats()` answers, made of what the store, its maintenance and its engine have counted. */
import type { Engine } from '../contract/backend.ts'
import type { StoreStats } from '../contract/stats.ts'
import type { MaintenanceTally } from '../maintenance/maintenance-tally.ts'
import { freezeReport } from '../values/freeze-report.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { StoreCounters } from './store-counters.ts'

/** Whose counters they are. */
export interface CountingStore {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly counters: StoreCounters
  readonly maintenance: MaintenanceTally
}

/** An immutable snapshot. */
export function snapshotStats({ engine, lifecycle, counters, maintenance }: CountingStore): StoreStats {
  const errorCount = counters.errorCount()
  return freezeReport({
    status: lifecycle.status,
    since: counters.since,
    queryCount: counters.queryCount,
    slowQueryCount: counters.slowQueryCount,
    errorCount,
    abortCount: (errorCount.ABORTED ?? 0) + (errorCount.TIMEOUT ?? 0),
    transactionCount: counters.transactionCount,
    inFlight: lifecycle.inFlight,
    peakInFlight: lifecycle.peakInFlight,
    latency: counters.latency.snapshot(),
    transactionLatency: counters.transactionLatency.snapshot(),
    maintenance: maintenance.snapshot(),
    engine: engine.stats(),
  })
}

/** Counts anew from here on. */
export function resetStats({ engine, lifecycle, counters, maintenance }: CountingStore): void {
  counters.reset()
  lifecycle.resetPeak()
  maintenance.reset()
  engine.resetStats()
}
