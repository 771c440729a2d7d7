/**
 * Threads that are loading an addon. A process that ends meanwhile ends the thread in the middle of it, and Node then
 * aborts the whole process. So whoever ends waits, at most for as long as anybody would bear.
 */

/** How long a process that ends waits for one. */
const PATIENCE_MS = 5000

const loading = new Set<Int32Array>()

/** The word of a thread that is to be started. */
export function createLoadedWord(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** A thread was started with this word: it is waited for until it has called {@link tellLoaded}. */
export function expectLoading(buffer: SharedArrayBuffer): void {
  const word = new Int32Array(buffer)
  for (const other of loading) {
    if (Atomics.load(other, 0) !== 0) loading.delete(other)
  }
  if (loading.size === 0) process.off('exit', waitForAll).on('exit', waitForAll)
  loading.add(word)
}

/** For the thread, and for whoever sees that it has failed. */
export function tellLoaded(buffer: SharedArrayBuffer): void {
  const word = new Int32Array(buffer)
  Atomics.store(word, 0, 1)
  Atomics.notify(word, 0)
}

function waitForAll(): void {
  for (const word of loading) Atomics.wait(word, 0, 0, PATIENCE_MS)
}
