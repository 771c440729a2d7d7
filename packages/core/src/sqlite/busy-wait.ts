/**
 * Waits for a lock of another process or connection: tries again by timer, never inside SQLite, so that neither the
 * thread nor the loop is held.
 */
import { abortError } from '../abort/abort-error.ts'
import { delay } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'

const MIN_DELAY_MS = 1
const MAX_DELAY_MS = 10

/** How to wait. */
export interface BusyPolicy {
  readonly clock: Clock
  readonly timeoutMs: number
  isBusy(error: unknown): boolean
}

/** Runs `attempt` until it does not find the database busy, or time is up: then it rejects with what SQLite said last. */
export async function retryWhileBusy<T>(
  policy: BusyPolicy,
  signal: AbortSignal | undefined,
  attempt: () => T | Promise<T>,
): Promise<T> {
  const startedMs = policy.clock.monotonicMs()
  for (let delayMs = MIN_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      if (!policy.isBusy(error)) throw error
      if (policy.clock.monotonicMs() - startedMs >= policy.timeoutMs) throw error
    }
    // Jitter, or contenders that collided once would go on colliding.
    await delay(policy.clock, delayMs * (0.5 + Math.random()), signal, (aborted) =>
      abortError(aborted, 'waiting for a lock'),
    )
  }
}
