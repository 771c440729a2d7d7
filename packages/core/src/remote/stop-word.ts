/**
 * One word of shared memory between a host and whoever may stop what it runs: says which call is running something that
 * may be stopped, so that nothing else ever is.
 *
 *   0 ──arm(7)──▶ 7 ──whileArmed(7)──▶ −7: being stopped ──▶ 7 ──disarm(7)──▶ 0
 *
 * `disarm` waits while its call is being stopped: once it has returned, no stop for this call comes any more. A stop may
 * come before the work has begun, and is then lost; so it is repeated until the call is answered.
 */
export class StopWord {
  readonly buffer: SharedArrayBuffer
  readonly #word: Int32Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#word = new Int32Array(buffer)
  }

  /** For the host: what call `id` does from here on may be stopped. */
  arm(id: number): void {
    Atomics.store(this.#word, 0, id)
  }

  /** For the host: it may not any more. */
  disarm(id: number): void {
    while (Atomics.compareExchange(this.#word, 0, id, 0) === -id) Atomics.wait(this.#word, 0, -id)
  }

  /** For the other side: runs `stop` if call `id` may be stopped, and answers whether it did. */
  whileArmed(id: number, stop: () => void): boolean {
    if (Atomics.compareExchange(this.#word, 0, id, -id) !== id) return false
    try {
      stop()
    } finally {
      Atomics.store(this.#word, 0, id)
      Atomics.notify(this.#word, 0)
    }
    return true
  }
}
