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

/** Joins `ctx`, which is checked already, and `others` into one signal. `timeoutMs` aborts it with `TIMEOUT`. */
export function openDeadline(
  ctx: Context,
  clock: Clock,
  operation: string,
  ...others: readonly AbortSignal[]
): Deadline {
  const signals = ctx.signal === undefined ? [...others] : [ctx.signal, ...others]
  let timer: unknown
  if (ctx.timeoutMs !== undefined) {
    const controller = new AbortController()
    const { timeoutMs } = ctx
    const expire = (): void =>
      controller.abort(new StoreError('TIMEOUT', `${operation} did not finish within ${timeoutMs} ms`, { operation }))
    timer = clock.setTimer(expire, timeoutMs)
    signals.push(controller.signal)
  }
  const [only] = signals
  return {
    signal: signals.length === 1 && only !== undefined ? only : AbortSignal.any(signals),
    [Symbol.dispose]: () => {
      if (timer !== undefined) clock.clearTimer(timer)
    },
  }
}
