/**
 * Latencies of the last while as percentiles, in bounded memory: about 10 KB a slice, however much is recorded.
 *
 * Source: https://github.com/HdrHistogram/HdrHistogramJS
 */
import { build, type Histogram } from 'hdr-histogram-js'
import type { Clock } from '../contract/clock.ts'
import type { LatencyStats } from '../contract/stats.ts'
import { SlidingWindow, type WindowOptions } from './sliding-window.ts'

/** Histograms count whole numbers: tenths of a microsecond, since a short statement takes few microseconds. */
const UNITS_PER_MS = 10_000
/** Longer than an hour counts as an hour. */
const MAX_MS = 3_600_000

export class LatencyWindow {
  readonly #window: SlidingWindow<Histogram>

  constructor(clock: Clock, options?: WindowOptions) {
    this.#window = new SlidingWindow(clock, createHistogram, options)
  }

  /** Takes one duration in milliseconds; `nowMs`, the clock's present time, spares a look at the clock. */
  record(durationMs: number, nowMs?: number): void {
    this.#window.current(nowMs).recordValue(Math.round(Math.min(durationMs, MAX_MS) * UNITS_PER_MS))
  }

  snapshot(): LatencyStats {
    const all = createHistogram()
    for (const slice of this.#window.slices()) if (slice.totalCount > 0) all.add(slice)
    const { windowMs } = this.#window
    const count = all.totalCount
    if (count === 0) return Object.freeze({ windowMs, count })
    const percentile = (rank: number): number => Math.min(all.getValueAtPercentile(rank), all.maxValue) / UNITS_PER_MS
    return Object.freeze({
      windowMs,
      count,
      p50Ms: percentile(50),
      p95Ms: percentile(95),
      p99Ms: percentile(99),
      maxMs: all.maxValue / UNITS_PER_MS,
    })
  }

  reset(): void {
    this.#window.reset()
  }
}

/** Percentiles are right to 1 %. It grows with the longest duration it has seen. */
function createHistogram(): Histogram {
  return build({ useWebAssembly: false, autoResize: true, numberOfSignificantValueDigits: 2, bitBucketSize: 32 })
}
