/**
 * The options every store has, whatever its backend, and how options of any kind are checked.
 */
import type { KyselyPlugin, LogConfig } from 'kysely'
import { systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { CloseContext } from '../contract/reports.ts'
import { invalidArgument } from '../errors/store-error.ts'

/** See the module. */
export interface StoreOptions {
  /** Kysely plugins of `store.db`; they see values already decoded. @default none */
  readonly plugins?: readonly KyselyPlugin[] | undefined
  /** Kysely's own query log. Its events hold the bound values: it is the application's to decide where they go. @default none */
  readonly log?: LogConfig | undefined
  /** Where the store reports what nobody awaits. Never gets values or credentials. @default console */
  readonly logger?: StoreLog | undefined
  /** What `close()` does unless told otherwise: also for `destroy()` and `await using`. */
  readonly close?: Omit<CloseContext, 'signal'> | undefined
  /** Time. @default the runtime's */
  readonly clock?: Clock | undefined
}

/** {@link StoreOptions} with their defaults. */
export interface ResolvedStoreOptions {
  readonly plugins: readonly KyselyPlugin[]
  readonly log: LogConfig | undefined
  readonly logger: StoreLog
  readonly close: Omit<CloseContext, 'signal'>
  readonly clock: Clock
}

/** The names of {@link StoreOptions}, for backends that check their own beside them. */
export const STORE_OPTION_NAMES = ['plugins', 'log', 'logger', 'close', 'clock'] as const

/** @throws INVALID_ARGUMENT */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const { plugins = [], log, logger = console, close = {}, clock = systemClock } = options
  if (!Array.isArray(plugins)) throw invalidArgument('plugins must be an array of Kysely plugins', 'open')
  if (typeof logger.warn !== 'function' || typeof logger.error !== 'function') {
    throw invalidArgument('logger must have the methods warn and error', 'open')
  }
  return { plugins, log, logger, close, clock }
}

/** Refuses names that are no option: a misspelt option must not be a default in silence. */
export function assertKnownOptions(options: object, known: readonly string[], operation: string): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw invalidArgument(`${operation}: there is no option "${name}"; there are ${known.join(', ')}`, operation)
    }
  }
}

/** Refuses what is not a finite number within bounds. */
export function assertNumberOption(
  value: unknown,
  name: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    throw invalidArgument(`${name} must be a number from ${min} to ${max}`, 'open')
  }
}

/** Refuses what is not one of `allowed`. */
export function assertOneOf(value: unknown, name: string, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw invalidArgument(`${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, 'open')
  }
}
