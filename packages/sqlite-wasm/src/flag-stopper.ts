/** Shows aborts to the worker by shared memory: it sees them from within a statement. */
import type { CallStopper } from '@upkeep/core/sqlite'
import type { StopFlags } from './stop-flags.ts'

export function createFlagStopper(flags: StopFlags): CallStopper {
  return {
    token: () => undefined,
    shown: () => undefined,
    stop: (id) => flags.stop(id),
    settled: () => undefined,
  }
}
