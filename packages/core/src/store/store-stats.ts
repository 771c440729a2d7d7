/** The snapshot that `stats()` answers, made of the counters of the store and those of its engine. */
import type { Engine } from '../contract/backend.ts'
import type { StoreStats } from '../contract/stats.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { StoreCounters } from './store-counters.ts'

/** An immutable snapshot. */
export function snapshotStats(engine: Engine, lifecycle: Lifecycle, counters: StoreCounters): StoreStats {
  const errorCount = counters.errorCount()
  return Object.freeze({
    status: lifecycle.status,
    since: counters.since,
    queryCount: counters.queryCount,
    slowQueryCount: counters.slowQueryCount,
    errorCount,
    abortCount: (errorCount.ABORTED ?? 0) + (errorCount.TIMEOUT ?? 0),
    transactionCount: counters.transactionCount,
    inFlight: lifecycle.inFlight,
    peakInFlight: counters.inFlight.peak,
    latency: counters.latency.snapshot(),
    transactionLatency: counters.transactionLatency.snapshot(),
    maintenance: counters.maintenance(),
    engine: engine.stats(),
  })
}
