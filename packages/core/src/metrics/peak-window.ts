/** The highest value of a gauge: over the last minute, and since the last reset. */
import type { Clock } from '../contract/clock.ts'
import { SlidingWindow, type WindowOptions } from './sliding-window.ts'

interface Peak {
  value: number
}

export class PeakWindow {
  readonly #window: SlidingWindow<Peak>
  #peak = 0

  constructor(clock: Clock, options?: WindowOptions) {
    this.#window = new SlidingWindow(clock, () => ({ value: 0 }), options)
  }

  /** Takes the value that the gauge has risen to. */
  record(value: number, nowMs?: number): void {
    if (value > this.#peak) this.#peak = value
    const slice = this.#window.current(nowMs)
    if (value > slice.value) slice.value = value
  }

  /** Since the last reset. */
  get peak(): number {
    return this.#peak
  }

  /** Within the window. */
  get recentPeak(): number {
    return Math.max(...this.#window.slices().map((slice) => slice.value))
  }

  reset(): void {
    this.#peak = 0
    this.#window.reset()
  }
}
