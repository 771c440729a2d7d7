/**
 * Shared memory between a host and whoever may stop what it runs: says which call is running something that may be
 * stopped, so that nothing else ever is.
 *
 *   0 ──arm(7)──▶ 7 ──whileArmed(7)──▶ −7: being stopped ──▶ 7 ──disarm(7)──▶ 0
 *
 * `disarm` waits while its call is being stopped: once it has returned, no stop for this call comes any more. A stop may
 * come before the work has begun, and is then lost; so it is repeated until the call is answered.
 */

/** Its two words. */
const RUNNING = 0
const WAS_STOPPED = 1

export class StopWord {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  /** Over the buffer of the other side's, or over a new one. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  /** The call that may be stopped now; 0 for none. */
  get running(): number {
    return Math.abs(Atomics.load(this.#words, RUNNING))
  }

  /** For the host: what call `id` does from here on may be stopped. */
  arm(id: number): void {
    Atomics.store(this.#words, WAS_STOPPED, 0)
    Atomics.store(this.#words, RUNNING, id)
  }

  /** For the host: it may not any more. Answers whether it was since {@link arm}. */
  disarm(id: number): boolean {
    while (Atomics.compareExchange(this.#words, RUNNING, id, 0) === -id) Atomics.wait(this.#words, RUNNING, -id)
    return Atomics.load(this.#words, WAS_STOPPED) !== 0
  }

  /** For the other side: runs `stop` if call `id` may be stopped, and answers whether it did. */
  whileArmed(id: number, stop: () => void): boolean {
    if (Atomics.compareExchange(this.#words, RUNNING, id, -id) !== id) return false
    try {
      Atomics.store(this.#words, WAS_STOPPED, 1)
      stop()
    } finally {
      Atomics.store(this.#words, RUNNING, id)
      Atomics.notify(this.#words, RUNNING)
    }
    return true
  }
}
