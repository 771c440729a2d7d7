/** How long to wait before something is tried again, and how often: checked and computed in one place. */
import type { RetryOptions } from '../contract/transaction.ts'
import { assertKnownOptions, assertNumberOption, assertWholeOption, givenOptions } from '../open/check-options.ts'

/** {@link RetryOptions} with its defaults. */
export interface ResolvedRetry {
  readonly attempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** Puts `defaults` under what is given. @throws INVALID_ARGUMENT */
export function resolveRetry(
  retry: RetryOptions | undefined,
  defaults: ResolvedRetry,
  operation: string,
): ResolvedRetry {
  if (retry === undefined) return defaults
  assertKnownOptions(retry, ['attempts', 'backoffMs', 'maxBackoffMs'], `${operation} retry`)
  const resolved: ResolvedRetry = { ...defaults, ...(givenOptions(retry) as Partial<ResolvedRetry>) }
  assertWholeOption(retry.attempts, 'retry.attempts', 1)
  assertNumberOption(resolved.backoffMs, 'retry.backoffMs', 0)
  assertNumberOption(resolved.maxBackoffMs, 'retry.maxBackoffMs', 0)
  return resolved
}

/** The wait after the `count`th attempt. Full jitter: contenders that collided once should not meet again. */
export function backoffDelayMs(
  count: number,
  { backoffMs, maxBackoffMs }: ResolvedRetry,
  random: () => number = Math.random,
): number {
  return random() * Math.min(maxBackoffMs, backoffMs * 2 ** (count - 1))
}
