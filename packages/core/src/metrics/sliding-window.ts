/**
 * A window over the last while, made of slices: the oldest is dropped whole when its time is over, so memory is bounded
 * by the number of slices, whatever is recorded.
 *
 * It knows nothing of what a slice holds, and has no timer: time passes when somebody looks or records.
 */
import type { Clock } from '../contract/clock.ts'

/** How long a window looks back, and in how many steps it moves. */
export interface WindowOptions {
  /** In milliseconds. @default 60000 */
  readonly windowMs?: number | undefined
  /** The window moves by `windowMs / sliceCount`. @default 6 */
  readonly sliceCount?: number | undefined
}

/** The defaults of {@link WindowOptions}. */
export const WINDOW_DEFAULTS = { windowMs: 60_000, sliceCount: 6 } as const

export class SlidingWindow<Slice> {
  readonly windowMs: number
  readonly #sliceMs: number
  readonly #clock: Clock
  readonly #create: () => Slice
  readonly #slices: Slice[]
  #index = 0
  #endsMs: number

  constructor(clock: Clock, create: () => Slice, options: WindowOptions = {}) {
    const { windowMs = WINDOW_DEFAULTS.windowMs, sliceCount = WINDOW_DEFAULTS.sliceCount } = options
    this.windowMs = windowMs
    this.#sliceMs = windowMs / sliceCount
    this.#clock = clock
    this.#create = create
    this.#slices = Array.from({ length: sliceCount }, create)
    this.#endsMs = clock.monotonicMs() + this.#sliceMs
  }

  /** When the time of {@link latest} is over, by the clock's `monotonicMs`. */
  get endsMs(): number {
    return this.#endsMs
  }

  /** The slice that was recorded into last, also when its time is over. */
  get latest(): Slice {
    return this.#slices[this.#index] as Slice
  }

  /** The slice of this moment; `nowMs` spares a look at the clock. */
  current(nowMs: number = this.#clock.monotonicMs()): Slice {
    if (nowMs >= this.#endsMs) this.#advance(nowMs)
    return this.latest
  }

  /** Every slice of the window, in no order. */
  slices(): readonly Slice[] {
    this.current()
    return this.#slices
  }

  /** Forgets everything. */
  reset(): void {
    for (let index = 0; index < this.#slices.length; index++) this.#slices[index] = this.#create()
  }

  #advance(nowMs: number): void {
    const passed = Math.floor((nowMs - this.#endsMs) / this.#sliceMs) + 1
    for (let count = Math.min(passed, this.#slices.length); count > 0; count--) {
      this.#index = (this.#index + 1) % this.#slices.length
      this.#slices[this.#index] = this.#create()
    }
    this.#endsMs += passed * this.#sliceMs
  }
}
