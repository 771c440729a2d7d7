/**
 * Stops a call again and again until it is answered: a stop that comes before SQLite has begun is lost, and a statement
 * that is sorting or rolling back looks up only when it has done with that.
 */
import { systemClock } from '../../abort/system-clock.ts'
import type { SqliteExecutor } from './executor.ts'

/** By the time of the machine, whatever clock the store has: it is SQLite that is waited for. */
const EVERY_MS = 4

/** Begins at once; ends when the answer is called. */
export function repeatStop(executor: SqliteExecutor, id: number): () => void {
  let timer: unknown
  const stop = (): void => {
    timer = systemClock.setTimer(stop, EVERY_MS)
    executor.stop(id)
  }
  stop()
  return () => systemClock.clearTimer(timer)
}
