/** The option `health` of every store, checked when the store is opened. */
import type { HealthLimits, HealthOptions } from '../contract/health.ts'
import { assertKnownOptions, assertNumberOption, assertWholeOption, givenOptions } from './check-options.ts'

/** The defaults of {@link HealthLimits}. */
export const HEALTH_LIMITS: HealthLimits = Object.freeze({
  latencyMs: 1000,
  latencyP95Ms: 1000,
  writeLockWaitMs: 1000,
  poolWaitMs: 1000,
  operationAgeMs: 60_000,
  walSizeBytes: 64 * 1024 * 1024,
  freelistRatio: 0.25,
  freelistSizeBytes: 64 * 1024 * 1024,
  diskFreeBytes: 1024 * 1024 * 1024,
  maintenanceAgeMs: 7 * 24 * 60 * 60 * 1000,
})

/** {@link HealthOptions} with their defaults. */
export interface ResolvedHealthOptions {
  readonly cacheMs: number | false
  readonly timeoutMs: number
  readonly limits: HealthLimits
}

/** The defaults of {@link HealthOptions}. */
export const HEALTH_DEFAULTS: ResolvedHealthOptions = Object.freeze({
  cacheMs: 5000,
  timeoutMs: 5000,
  limits: HEALTH_LIMITS,
})

/** Checks how a store looks at itself and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveHealthOptions(options: HealthOptions = {}): ResolvedHealthOptions {
  assertKnownOptions(options, Object.keys(HEALTH_DEFAULTS), 'open: health')
  const given = givenOptions(options)
  const { cacheMs, timeoutMs } = { ...HEALTH_DEFAULTS, ...(given as Partial<ResolvedHealthOptions>) }
  if (cacheMs !== false) assertNumberOption(cacheMs, 'health.cacheMs', 1)
  assertNumberOption(timeoutMs, 'health.timeoutMs', 1)
  return Object.freeze({ cacheMs, timeoutMs, limits: resolveLimits(given.limits) })
}

function resolveLimits(options: Partial<HealthLimits> = {}): HealthLimits {
  assertKnownOptions(options, Object.keys(HEALTH_LIMITS), 'open: health.limits')
  const limits = { ...HEALTH_LIMITS, ...givenOptions(options) }
  for (const [name, value] of Object.entries(limits)) {
    const option = `health.limits.${name}`
    if (name.endsWith('Ratio')) assertNumberOption(value, option, 0, 1)
    else if (name.endsWith('Bytes')) assertWholeOption(value, option, 0)
    else assertNumberOption(value, option, 0)
  }
  return Object.freeze(limits)
}
