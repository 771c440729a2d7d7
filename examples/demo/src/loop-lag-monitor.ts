/**
 * Measures how long the event loop was held, in two ways: Node's own histogram, and the drift of a timer.
 *
 * The histogram samples every millisecond and gives one figure for a stretch of time; the timer gives the course over
 * time for the chart. Both see whatever holds the loop, the demo's own output and the machine's other work included.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 1
const TIMER_MS = 5

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>

/** A timer that came late. */
export interface LagSample {
  /** When it came: the loop was held until then. */
  readonly atMs: number
  readonly lagMs: number
}

/** See the module. */
export class LoopLagMonitor implements Disposable {
  readonly #nowMs: () => number
  readonly #samples: LagSample[] = []
  #histogram: IntervalHistogram
  #timer: NodeJS.Timeout
  #dueMs: number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#histogram = openHistogram()
    this.#dueMs = nowMs() + TIMER_MS
    this.#timer = setTimeout(() => this.#tick(), TIMER_MS)
  }

  /** Lags of the timer over time. */
  samples(): readonly LagSample[] {
    return this.#samples
  }

  /** The largest lag since the last call, by whichever of the two saw more. */
  takeMaxMs(sinceMs: number): number {
    const seen = Math.max(0, this.#histogram.max / 1e6 - RESOLUTION_MS)
    this.#histogram.disable()
    this.#histogram = openHistogram()
    const recent = this.#samples.filter((sample) => sample.atMs >= sinceMs)
    return recent.reduce((max, sample) => Math.max(max, sample.lagMs), seen)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#histogram.disable()
  }

  #tick(): void {
    const nowMs = this.#nowMs()
    this.#samples.push({ atMs: nowMs, lagMs: Math.max(0, nowMs - this.#dueMs) })
    this.#dueMs = nowMs + TIMER_MS
    this.#timer = setTimeout(() => this.#tick(), TIMER_MS)
  }
}

function openHistogram(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  return histogram
}
