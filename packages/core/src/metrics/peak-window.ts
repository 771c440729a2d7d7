/** A gauge and its highest value: over the last minute, and since the last reset. */
import type { Clock } from '../contract/clock.ts'
import { SlidingWindow, type WindowOptions } from './sliding-window.ts'

interface Peak {
  value: number
}

export class PeakWindow {
  readonly #window: SlidingWindow<Peak>
  #value = 0
  #peak = 0

  constructor(clock: Clock, options?: WindowOptions) {
    this.#window = new SlidingWindow(clock, () => ({ value: 0 }), options)
  }

  /** Takes what the gauge shows from now on; `nowMs`, the clock's present time, spares a look at the clock. */
  set(value: number, nowMs?: number): void {
    const slice = this.#window.current(nowMs)
    // Until now it showed the value before, also in slices in which nothing was told.
    slice.value = Math.max(slice.value, this.#value, value)
    this.#value = value
    if (value > this.#peak) this.#peak = value
  }

  /** What the gauge shows. */
  get value(): number {
    return this.#value
  }

  /** Since the last reset. */
  get peak(): number {
    return this.#peak
  }

  /** Within the window. */
  get recentPeak(): number {
    return Math.max(this.#value, ...this.#window.slices().map((slice) => slice.value))
  }

  /** Begins anew with what the gauge shows. */
  reset(): void {
    this.#peak = this.#value
    this.#window.reset()
  }
}
