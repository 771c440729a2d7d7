/** Measures a queue: how many wait, and for how long. It does not know what they wait for, and moves nobody. */
import type { Clock } from '../contract/clock.ts'
import type { QueueStats } from '../contract/stats.ts'
import { LatencyWindow } from './latency-window.ts'
import { PeakWindow } from './peak-window.ts'
import type { WindowOptions } from './sliding-window.ts'

export class QueueMeter {
  readonly #waiting: PeakWindow
  readonly #wait: LatencyWindow

  constructor(clock: Clock, options?: WindowOptions) {
    this.#waiting = new PeakWindow(clock, options)
    this.#wait = new LatencyWindow(clock, options)
  }

  /** Somebody has come; now `size` wait. */
  joined(size: number, nowMs: number): void {
    this.#waiting.set(size, nowMs)
  }

  /** Somebody has gone after `waitedMs`, with or without what was waited for; now `size` wait. */
  left(size: number, waitedMs: number, nowMs: number): void {
    this.#waiting.set(size, nowMs)
    this.#wait.record(waitedMs, nowMs)
  }

  snapshot(): QueueStats {
    return Object.freeze({
      waiting: this.#waiting.value,
      peakWaiting: this.#waiting.peak,
      recentPeakWaiting: this.#waiting.recentPeak,
      wait: this.#wait.snapshot(),
    })
  }

  /** Who waits now goes on waiting. */
  reset(): void {
    this.#waiting.reset()
    this.#wait.reset()
  }
}
