/** The option `slowQueries` of every store, checked. */
import type { SlowQueryOptions } from '../contract/slow-query.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertNumberOption } from './check-options.ts'

/** The defaults of {@link SlowQueryOptions}. */
export const SLOW_QUERY_DEFAULTS = { thresholdMs: 100 } as const

/** {@link SlowQueryOptions} with their defaults. */
export interface ResolvedSlowQueryOptions {
  readonly thresholdMs: number
  readonly onSlowQuery: SlowQueryOptions['onSlowQuery']
}

/** Checks `slowQueries` and fills in the defaults; `undefined` for none. @throws INVALID_ARGUMENT */
export function resolveSlowQueryOptions(options: SlowQueryOptions | undefined): ResolvedSlowQueryOptions | undefined {
  if (options === undefined) return undefined
  assertKnownOptions(options, ['thresholdMs', 'onSlowQuery'], 'slowQueries')
  const { thresholdMs = SLOW_QUERY_DEFAULTS.thresholdMs, onSlowQuery } = options
  assertNumberOption(thresholdMs, 'slowQueries.thresholdMs', 0)
  if (typeof onSlowQuery !== 'function') throw invalidArgument('slowQueries.onSlowQuery must be a function', 'open')
  return { thresholdMs, onSlowQuery }
}
