/** The options every store has, whatever its backend. */
import type { KyselyPlugin, LogConfig } from 'kysely'
import { assertContext } from '../abort/deadline.ts'
import { systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { HealthOptions } from '../contract/health.ts'
import type { StoreLog, StoreLogger } from '../contract/log.ts'
import type { OpeningMigrations } from '../contract/migration.ts'
import type { CloseContext } from '../contract/reports.ts'
import type { SlowQueryOptions } from '../contract/slow-query.ts'
import type { Store } from '../contract/store.ts'
import type { StatementTimeouts } from '../contract/timeouts.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertOpeningMigrations } from '../migrate/migration-options.ts'
import { assertClock, assertFunctionOption, hasMethods } from './check-options.ts'
import { resolveCloseOptions } from './close-options.ts'
import { type ResolvedHealthOptions, resolveHealthOptions } from './health-options.ts'
import { type ResolvedSlowQueryOptions, resolveSlowQueryOptions } from './slow-query-options.ts'
import { resolveStoreLog } from './store-log.ts'
import { type ResolvedTimeouts, resolveTimeouts } from './timeout-options.ts'

/** Options that every store has, whatever its backend. */
export interface StoreOptions<DB = any> {
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
  /**
   * Run by `store.migrate()` while the store is opened: it is there once they have run, and closed again if they fail.
   * A store that is read-only refuses them. @default none
   */
  readonly migrations?: OpeningMigrations | undefined
  /**
   * Called with the store after its migrations, and awaited before anybody else has it. If it rejects, the store is
   * closed, and opening rejects with the very same error. @default none
   */
  readonly onOpen?: ((store: Store<DB>) => Promise<void> | void) | undefined
  /**
   * Gives up opening, migrations and `onOpen` included, with `ABORTED`; once the store is open it has no effect.
   * @default none
   */
  readonly signal?: AbortSignal | undefined
  /** Time, for tests. @default {@link systemClock} */
  readonly clock?: Clock | undefined
  /** How `health()` looks, and from where on it warns. @default see {@link HealthOptions} */
  readonly health?: HealthOptions | undefined
  /** Who hears of statements that take long, and from when on that is. @default nobody */
  readonly slowQueries?: SlowQueryOptions | undefined
  /**
   * How long statements may take: without more words, and by the names that `withTimeout()` takes.
   * @default { fastMs: 1000, defaultMs: 5000, slowMs: 30000 }
   */
  readonly timeouts?: StatementTimeouts | undefined
}

/** {@link StoreOptions} with their defaults. */
export interface ResolvedStoreOptions<DB = any> {
  readonly plugins: readonly KyselyPlugin[]
  readonly log: LogConfig | undefined
  readonly logger: StoreLog
  readonly close: Omit<CloseContext, 'signal'>
  readonly migrations: OpeningMigrations | undefined
  readonly onOpen: ((store: Store<DB>) => Promise<void> | void) | undefined
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  readonly health: ResolvedHealthOptions
  readonly slowQueries: ResolvedSlowQueryOptions | undefined
  readonly timeouts: ResolvedTimeouts
}

/** The names of {@link StoreOptions}, for backends that check their own beside them. */
export const STORE_OPTION_NAMES = [
  'plugins',
  'log',
  'logger',
  'close',
  'migrations',
  'onOpen',
  'signal',
  'clock',
  'health',
  'slowQueries',
  'timeouts',
] as const

/** Checks the options of a store and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveStoreOptions<DB = any>(options: StoreOptions<DB>): ResolvedStoreOptions<DB> {
  const { plugins = [], log, close = {}, migrations, onOpen, signal, clock = systemClock } = options
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
  const health = resolveHealthOptions(options.health)
  const slowQueries = resolveSlowQueryOptions(options.slowQueries)
  const timeouts = resolveTimeouts(options.timeouts)
  if (migrations !== undefined) assertOpeningMigrations(migrations)
  assertFunctionOption(onOpen, 'onOpen')
  return { plugins, log, logger, close, migrations, onOpen, signal, clock, health, slowQueries, timeouts }
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
