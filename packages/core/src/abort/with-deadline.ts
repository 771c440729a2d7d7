/**
 * A deadline that fails open: for callers that must never wait and can do without, such as a cache or a rate limit.
 *
 * It ends the waiting, and asks the work to end by its signal. It cannot end work that ignores its signal, nor work that
 * does not let go of the thread.
 */
import type { Clock } from '../contract/clock.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertClock, assertFunctionOption, assertKnownOptions, assertNumberOption } from '../open/check-options.ts'
import { assertNotAborted, raceAbort } from './abort-error.ts'
import { assertContext, openDeadline } from './deadline.ts'
import { systemClock } from './system-clock.ts'

/** Options of {@link withDeadline}. */
export interface WithDeadlineOptions {
  /** Ends the waiting early, with the fallback too; if it is aborted already, the work is not begun. @default none */
  readonly signal?: AbortSignal | undefined
  /** Hears why the fallback was given, before it is. What it throws or rejects with is ignored. @default none */
  readonly onFailure?: ((error: unknown) => unknown) | undefined
  /** Time, for tests. @default {@link systemClock} */
  readonly clock?: Clock | undefined
}

const OPERATION = 'withDeadline'

/**
 * Resolves with what `work` does, or with `fallback`: when `timeoutMs` milliseconds have passed, when `work` throws or
 * rejects, or when the caller's signal aborts. What `work` comes to afterwards is dropped.
 *
 * The signal that `work` gets aborts with `TIMEOUT`; hand it to the store, so that nothing goes on for nobody. With 0,
 * work has what is left of this turn of the loop. `fallback` is the value, or a function of the error that gives it at
 * once: a promise of it would be waited for.
 *
 * @throws INVALID_ARGUMENT for arguments that are none, before `work` begins; what a `fallback` function throws. Nothing
 * that `work` throws
 */
export async function withDeadline<T, F = T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  timeoutMs: number,
  fallback: F | ((error: unknown) => F),
  options: WithDeadlineOptions = {},
): Promise<T | F> {
  const { signal, onFailure, clock } = resolveOptions(work, timeoutMs, options)
  using deadline = openDeadline({ signal, timeoutMs }, clock, OPERATION)
  try {
    assertNotAborted(deadline.signal, OPERATION)
    return await raceAbort(begin(work, deadline.signal), deadline.signal, OPERATION)
  } catch (error) {
    tell(onFailure, error)
    return typeof fallback === 'function' ? (fallback as (error: unknown) => F)(error) : fallback
  }
}

/** Also work that throws instead of rejecting. */
async function begin<T>(work: (signal: AbortSignal) => T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return await work(signal)
}

function tell(onFailure: ((error: unknown) => unknown) | undefined, error: unknown): void {
  try {
    const answer = onFailure?.(error)
    if (answer instanceof Promise) answer.catch(() => undefined)
  } catch {
    // It was only to be told.
  }
}

function resolveOptions(
  work: unknown,
  timeoutMs: unknown,
  options: WithDeadlineOptions,
): WithDeadlineOptions & { readonly clock: Clock } {
  if (typeof work !== 'function') throw invalidArgument(`${OPERATION}: work must be a function`, OPERATION)
  assertKnownOptions(options, ['signal', 'onFailure', 'clock'], OPERATION)
  const { signal, onFailure, clock = systemClock } = options
  assertContext({ signal }, OPERATION)
  assertNumberOption(timeoutMs, `${OPERATION}: timeoutMs`, 0)
  assertFunctionOption(onFailure, `${OPERATION}: onFailure`)
  assertClock(clock)
  return { signal, onFailure, clock }
}
