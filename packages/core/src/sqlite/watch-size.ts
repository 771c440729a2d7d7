/** Watches a file grow, for progress that SQLite itself does not tell. */
import { delay } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'

const INTERVAL_MS = 50

/** Tells the size again and again until it is stopped. A size that cannot be told ends it in silence. */
export function watchSize(
  clock: Clock,
  sizeBytes: () => number | Promise<number>,
  tell: (sizeBytes: number) => void,
): { stop: () => void } {
  const done = new AbortController()
  const loop = async (): Promise<void> => {
    for (;;) {
      await delay(clock, INTERVAL_MS, done.signal, () => new Error('done'))
      const size = await sizeBytes()
      if (!done.signal.aborted) tell(size)
    }
  }
  loop().catch(() => undefined)
  return { stop: () => done.abort() }
}
