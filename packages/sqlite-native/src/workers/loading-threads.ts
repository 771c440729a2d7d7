/**
 * Threads that are loading an addon. A process that ends meanwhile ends the thread in the middle of it, and Node then
 * aborts the whole process. So whoever ends waits, at most for as long as anybody would bear.
 */

/** How long a process that ends waits for one. */
const PATIENCE_MS = 5000

const loading = new Set<Int32Array>()

/** A word of memory for a thread that is about to be started; it is waited for until it has called {@link tellLoaded}. */
export function expectLoading(): SharedArrayBuffer {
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  for (const other of loading) {
    if (Atomics.load(other, 0) !== 0) loading.delete(other)
  }
  if (loading.size === 0) process.off('exit', waitForAll).on('exit', waitForAll)
  loading.add(word)
  return word.buffer as SharedArrayBuffer
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
