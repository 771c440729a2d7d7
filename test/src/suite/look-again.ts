/** Lets the timers of a store fire, again and again, until it has come to something. */
import { turns } from './gate.ts'
import type { ManualClock } from './manual-clock.ts'

/** Half a second at a time. What never comes ends with the test's own deadline. */
export async function lookAgainUntil(clock: ManualClock, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    clock.advance(500)
    await turns()
  }
}
