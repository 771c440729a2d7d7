/**
 * One signal out of a caller's context: its own signal, its deadline and whatever the store adds.
 */
import type { Clock } from '../contract/clock.ts'
import type { Context } from '../contract/context.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption } from '../open/check-options.ts'
import { type JoinedSignal, joinSignals } from './join-signals.ts'

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
): JoinedSignal {
  const signals = ctx.signal === undefined ? others : [ctx.signal, ...others]
  const { timeoutMs } = ctx
  if (timeoutMs === undefined) return joinSignals(signals)
  const late = new AbortController()
  const joined = joinSignals([...signals, late.signal])
  const timer = clock.setTimer(
    () => late.abort(new StoreError('TIMEOUT', `${operation} did not finish within ${timeoutMs} ms`, { operation })),
    timeoutMs,
  )
  return {
    signal: joined.signal,
    [Symbol.dispose]: () => {
      clock.clearTimer(timer)
      joined[Symbol.dispose]()
    },
  }
}
