/**
 * One signal out of a caller's context: its own signal, its deadline and whatever the store adds.
 */
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption } from '../open/check-options.ts'

/** A signal to work under, to be disposed of when the work has settled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/** Refuses contexts that are none, and names that are no option, before anything is done. */
export function assertContext(ctx: Context, operation: string, ownOptions: readonly string[] = []): void {
  assertKnownOptions(ctx, ['signal', 'timeoutMs', ...ownOptions], operation)
  const { signal, timeoutMs } = ctx
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw invalidArgument(`${operation}: signal must be an AbortSignal`, operation)
  }
  if (timeoutMs !== undefined) assertNumberOption(timeoutMs, `${operation}: timeoutMs`, 0)
}

/**
 * Joins `ctx`, which is checked already, and `others` into one signal, which follows them until it is disposed of.
 * `timeoutMs` aborts it with `TIMEOUT`.
 */
export function openDeadline(
  ctx: Context,
  clock: Clock,
  operation: string,
  ...others: readonly AbortSignal[]
): Deadline {
  const signals = ctx.signal === undefined ? others : [ctx.signal, ...others]
  const { timeoutMs } = ctx
  const [only] = signals
  if (timeoutMs === undefined && signals.length === 1 && only !== undefined) {
    return { signal: only, [Symbol.dispose]: () => undefined }
  }
  // Not AbortSignal.any: a signal that lives long would remember each of the many that were joined to it for a moment.
  const controller = new AbortController()
  const stops = signals.map((signal) => follow(signal, controller))
  if (timeoutMs !== undefined) {
    const expire = (): void =>
      controller.abort(new StoreError('TIMEOUT', `${operation} did not finish within ${timeoutMs} ms`, { operation }))
    const timer = clock.setTimer(expire, timeoutMs)
    stops.push(() => clock.clearTimer(timer))
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const stop of stops) stop()
    },
  }
}

/** Aborts `controller` when `signal` aborts, for the same reason; the answer ends that. */
function follow(signal: AbortSignal, controller: AbortController): () => void {
  const onAbort = (): void => controller.abort(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}
