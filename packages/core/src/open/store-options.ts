/** The options every store has, whatever its backend. */
import type { KyselyPlugin, LogConfig } from 'kysely'
import { assertContext } from '../abort/deadline.ts'
import { systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog, StoreLogger } from '../contract/log.ts'
import type { CloseContext } from '../contract/reports.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertClock, hasMethods } from './check-options.ts'
import { resolveCloseOptions } from './close-options.ts'
import { resolveStoreLog } from './store-log.ts'

/** Options that every store has, whatever its backend. */
export interface StoreOptions {
  /** Kysely plugins of `store.db`; they see values already decoded. @default none */
  readonly plugins?: readonly KyselyPlugin[] | undefined
  /** Kysely's own query log. Its events hold the bound values: it is the application's to decide where they go. @default none */
  readonly log?: LogConfig | undefined
  /**
   * Where the store tells what nobody awaits: `console`, pino, winston, bunyan, or anything else with `warn` and
   * `error`. Never gets values or credentials; what it throws is ignored.
   * @default `warn` and `error` of `console`
   */
  readonly logger?: StoreLogger | undefined
  /**
   * What `close()` does unless told otherwise: also for `destroy()` and `await using`. Times in milliseconds.
   * @default { drainMs: 5000, maintenanceOnClose: 'auto', budgetMs: 5000 }
   */
  readonly close?: Omit<CloseContext, 'signal'> | undefined
  /** Gives up opening, with `ABORTED`; once the store is open it has no effect. @default none */
  readonly signal?: AbortSignal | undefined
  /** Time, for tests. @default {@link systemClock} */
  readonly clock?: Clock | undefined
}

/** {@link StoreOptions} with their defaults. */
export interface ResolvedStoreOptions {
  readonly plugins: readonly KyselyPlugin[]
  readonly log: LogConfig | undefined
  readonly logger: StoreLog
  readonly close: Omit<CloseContext, 'signal'>
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

/** The names of {@link StoreOptions}, for backends that check their own beside them. */
export const STORE_OPTION_NAMES = ['plugins', 'log', 'logger', 'close', 'signal', 'clock'] as const

/** Checks the options of a store and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const { plugins = [], log, close = {}, signal, clock = systemClock } = options
  if (!Array.isArray(plugins) || !plugins.every((plugin) => hasMethods(plugin, 'transformQuery', 'transformResult'))) {
    throw invalidArgument('plugins must be an array of Kysely plugins', 'open')
  }
  const logger = resolveStoreLog(options.logger)
  assertClock(clock)
  if (log !== undefined && typeof log !== 'function' && !isLevels(log)) {
    throw invalidArgument("log must be a function, or an array of 'query' and 'error'", 'open')
  }
  assertContext({ signal }, 'open')
  resolveCloseOptions(close)
  return { plugins, log, logger, close, signal, clock }
}

function isLevels(value: unknown): boolean {
  return Array.isArray(value) && value.every((level) => level === 'query' || level === 'error')
}

/**
 * Options given together, by who takes them: the store, or its backend. Checks neither.
 *
 * @throws INVALID_ARGUMENT for what is no object
 */
export function splitStoreOptions<T extends StoreOptions>(
  options: T,
): { readonly store: StoreOptions; readonly backend: Omit<T, keyof StoreOptions> } {
  if (typeof options !== 'object' || options === null) throw invalidArgument('the options must be an object', 'open')
  const isStoreOption = (name: string): boolean => (STORE_OPTION_NAMES as readonly string[]).includes(name)
  const pick = (wanted: boolean): object =>
    Object.fromEntries(Object.entries(options).filter(([name]) => isStoreOption(name) === wanted))
  return { store: pick(true), backend: pick(false) as Omit<T, keyof StoreOptions> }
}
