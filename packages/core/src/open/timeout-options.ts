/** The option `timeouts` of every store, and what `withTimeout()` is given, checked. */
import type { StatementTimeout, StatementTimeouts } from '../contract/timeouts.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption, givenOptions } from './check-options.ts'

/** The defaults of {@link StatementTimeouts}. */
export const TIMEOUT_DEFAULTS = { fastMs: 1000, defaultMs: 5000, slowMs: 30_000 } as const

/** {@link StatementTimeouts} with their defaults. */
export interface ResolvedTimeouts {
  readonly fastMs: number | false
  readonly defaultMs: number | false
  readonly slowMs: number | false
}

const OPTION_NAMES = ['fastMs', 'defaultMs', 'slowMs'] as const
/** What a timer of a runtime can wait. */
const MAX_MS = 2 ** 31 - 1

/** Checks `timeouts` and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveTimeouts(timeouts: StatementTimeouts = {}): ResolvedTimeouts {
  assertKnownOptions(timeouts, OPTION_NAMES, 'timeouts')
  const resolved = { ...TIMEOUT_DEFAULTS, ...(givenOptions(timeouts) as Partial<ResolvedTimeouts>) }
  for (const name of OPTION_NAMES) assertTimeout(resolved[name], `timeouts.${name}`)
  return resolved
}

/** What `timeout` means, in milliseconds; `undefined` for none. @throws INVALID_ARGUMENT */
export function timeoutMsOf(timeout: StatementTimeout, timeouts: ResolvedTimeouts): number | undefined {
  if (typeof timeout !== 'string') {
    assertTimeout(timeout, 'withTimeout: the timeout')
    return timeout === false ? undefined : timeout
  }
  if (timeout !== 'fast' && timeout !== 'default' && timeout !== 'slow') {
    throw invalidArgument("withTimeout takes milliseconds, 'fast', 'default', 'slow' or false", 'withTimeout')
  }
  const namedMs = timeouts[`${timeout}Ms`]
  return namedMs === false ? undefined : namedMs
}

function assertTimeout(value: unknown, name: string): void {
  if (value !== false) assertNumberOption(value, name, 1, MAX_MS)
}
