/**
 * Shared memory in which calls are named that are to stop: written on the store's side, read from within a statement.
 *
 * A call has a place by its id, which stands there until another call with the same place is stopped: so many calls that
 * are stopped at the same time are told apart.
 */
const PLACES = 4096
/** Behind them: whether all are to stop, because the page goes. */
const ALL = PLACES

export class StopFlags {
  readonly buffer: SharedArrayBuffer
  readonly #places: Int32Array

  /** Over the buffer of the other side's, or over a new one. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer((PLACES + 1) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#places = new Int32Array(buffer)
  }

  stop(id: number): void {
    Atomics.store(this.#places, id % PLACES, id)
  }

  stopAll(): void {
    Atomics.store(this.#places, ALL, 1)
  }

  isStopped(id: number): boolean {
    return Atomics.load(this.#places, id % PLACES) === id || Atomics.load(this.#places, ALL) !== 0
  }
}
