/**
 * Latencies of the last while as percentiles, in bounded memory: about 10 KB a slice, however much is recorded.
 *
 * Short durations are only counted at first, in a table, which costs next to nothing on a hot path. They go into the
 * histogram when the window moves on, or when somebody looks.
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
const MAX_UNITS = 3_600_000 * UNITS_PER_MS
/** The table has a place for each duration below this: 0.2 ms. To record one that is longer is little beside it. */
const TABLE_UNITS = 2048

export class LatencyWindow {
  readonly #clock: Clock
  readonly #window: SlidingWindow<Histogram>
  /** How often each short duration was recorded since the latest slice began, or since somebody looked. */
  readonly #table = new Uint32Array(TABLE_UNITS)

  constructor(clock: Clock, options?: WindowOptions) {
    this.#clock = clock
    this.#window = new SlidingWindow(clock, createHistogram, options)
  }

  /** Takes one duration in milliseconds; `nowMs`, the clock's present time, spares a look at the clock. */
  record(durationMs: number, nowMs: number = this.#clock.monotonicMs()): void {
    if (nowMs >= this.#window.endsMs) this.#moveOn(nowMs)
    const units = Math.round(durationMs * UNITS_PER_MS)
    if (units >= 0 && units < TABLE_UNITS) this.#table[units] = (this.#table[units] as number) + 1
    else this.#window.latest.recordValue(Math.min(Math.max(units, 0), MAX_UNITS))
  }

  snapshot(): LatencyStats {
    this.#moveOn(this.#clock.monotonicMs())
    const all = createHistogram()
    let max = 0
    for (const slice of this.#window.slices()) {
      if (slice.totalCount === 0) continue
      all.add(slice)
      max = Math.max(max, slice.maxValue)
    }
    const { windowMs } = this.#window
    const count = all.totalCount
    if (count === 0) return Object.freeze({ windowMs, count })
    const percentile = (rank: number): number => Math.min(all.getValueAtPercentile(rank), max) / UNITS_PER_MS
    return Object.freeze({
      windowMs,
      count,
      p50Ms: percentile(50),
      p95Ms: percentile(95),
      p99Ms: percentile(99),
      maxMs: max / UNITS_PER_MS,
    })
  }

  reset(): void {
    this.#table.fill(0)
    this.#window.reset()
  }

  /** What is in the table was recorded while the latest slice was the current one: the window moves afterwards. */
  #moveOn(nowMs: number): void {
    const slice = this.#window.latest
    for (let units = 0; units < TABLE_UNITS; units++) {
      const count = this.#table[units] as number
      if (count > 0) slice.recordValueWithCount(units, count)
    }
    this.#table.fill(0)
    this.#window.current(nowMs)
  }
}

/** Percentiles are right to 1 %. It grows with the longest duration it has seen. */
function createHistogram(): Histogram {
  return build({ useWebAssembly: false, autoResize: true, numberOfSignificantValueDigits: 2, bitBucketSize: 32 })
}
