/**
 * The options of a maintenance service, checked when it is made: what is wrong must not show at the first run, at
 * night.
 */
import { systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog, StoreLogger } from '../contract/log.ts'
import type { MaintenanceContext } from '../contract/maintenance.ts'
import type { MaintenanceServiceRun } from '../contract/service.ts'
import type { Store } from '../contract/store.ts'
import type { MaintenanceTask } from '../contract/task.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { MAINTENANCE_OPTION_NAMES, resolveMaintenanceOptions } from '../maintenance/maintenance-options.ts'
import {
  assertClock,
  assertFunctionOption,
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  givenOptions,
} from '../open/check-options.ts'
import { resolveStoreLog } from '../open/store-log.ts'
import { insidesOf } from '../store/store-insides.ts'
import { createCronSchedule, createIntervalSchedule, type Schedule } from './schedule.ts'

/** Runs at given times. */
export interface CronScheduleOptions {
  /**
   * Five fields, or six with seconds first; `@daily` and the like. A time that a change of the clocks leaves out runs
   * after it, one that comes twice runs once; intervals (`0 * * * *`) go on evenly. Times that pass during a run are
   * left out.
   */
  readonly cron: string
  /** An IANA name, such as `Europe/Berlin`. @default that of the process */
  readonly timeZone?: string | undefined
}

/** When a write-ahead log is cut short between the runs. Source: https://www.sqlite.org/wal.html#ckpt */
export interface CheckpointLoopOptions {
  /**
   * In milliseconds: how often the size of the log is looked at. After a checkpoint that was blocked or failed the wait
   * doubles, up to 16 times this. @default 5000
   */
  readonly intervalMs?: number | undefined
  /**
   * In bytes: a log that is larger is copied into the database and emptied. SQLite itself copies from 4 MB on, and leaves
   * the file as large as it was. @default 16777216 (16 MiB)
   */
  readonly walSizeBytes?: number | undefined
}

/** Options of `createMaintenanceService`. */
export interface MaintenanceServiceOptions<DB> {
  /** What is maintained. Closing it stops the service. */
  readonly store: Store<DB>
  /**
   * Work to do first in every run, in this order. Ids and conditions are typed where the schema is given:
   * `createMaintenanceService<Schema>(…)`, or tasks of `retention<Schema>()`. @default none
   */
  readonly tasks?: readonly MaintenanceTask<NoInfer<DB>>[] | undefined
  /** In milliseconds: from the start to the first run. @default 300000 (5 minutes) */
  readonly initialDelayMs?: number | undefined
  /** In milliseconds: from the end of a run to the next one. @default 3600000 (1 hour) */
  readonly intervalMs?: number | undefined
  /** From 0 to 1: by what part of itself each wait is longer or shorter, at random. @default 0.1 */
  readonly jitter?: number | undefined
  /** Runs at given times instead of `initialDelayMs`, `intervalMs` and `jitter`. @default by interval */
  readonly schedule?: CronScheduleOptions | undefined
  /** What each run hands to `store.maintenance()`. @default its defaults */
  readonly maintenance?: Omit<MaintenanceContext<DB>, 'signal' | 'timeoutMs' | 'tasks'> | undefined
  /** In milliseconds: deadline of a whole run; past it the run is aborted. @default none */
  readonly timeoutMs?: number | undefined
  /** Cuts the write-ahead log short between the runs. @default on, where the backend has one */
  readonly checkpoint?: CheckpointLoopOptions | false | undefined
  /** Whether it does anything at all. @default true */
  readonly enabled?: boolean | undefined
  /** Called after each run; what it throws is logged and ignored. @default none */
  readonly onRun?: ((run: MaintenanceServiceRun) => unknown) | undefined
  /** Where it tells what nobody awaits: failures by their codes. @default that of the store */
  readonly logger?: StoreLogger | undefined
  /** Time, for tests. @default that of the store */
  readonly clock?: Clock | undefined
  /** Numbers from 0 to 1, for tests. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** The defaults of {@link MaintenanceServiceOptions}. */
export const MAINTENANCE_SERVICE_DEFAULTS = {
  initialDelayMs: 300_000,
  intervalMs: 3_600_000,
  jitter: 0.1,
  checkpoint: { intervalMs: 5000, walSizeBytes: 16_777_216 },
  enabled: true,
} as const

const OPTION_NAMES = [
  'store',
  'tasks',
  'initialDelayMs',
  'intervalMs',
  'jitter',
  'schedule',
  'maintenance',
  'timeoutMs',
  'checkpoint',
  'enabled',
  'onRun',
  'logger',
  'clock',
  'random',
] as const

/** {@link CheckpointLoopOptions} with its defaults. */
export interface ResolvedCheckpointLoop {
  readonly intervalMs: number
  readonly walSizeBytes: number
}

/** {@link MaintenanceServiceOptions} with its defaults. */
export interface ResolvedServiceOptions {
  readonly store: Store<any>
  readonly tasks: readonly MaintenanceTask<any>[]
  readonly schedule: Schedule
  readonly maintenance: MaintenanceContext<any>
  readonly timeoutMs: number | undefined
  readonly checkpoint: ResolvedCheckpointLoop | undefined
  readonly disabledReason: string | undefined
  readonly onRun: ((run: MaintenanceServiceRun) => unknown) | undefined
  readonly logger: StoreLog
  readonly clock: Clock
}

/** @throws INVALID_ARGUMENT, and UNSUPPORTED for what the store's backend has not */
export function resolveServiceOptions(options: MaintenanceServiceOptions<any>): ResolvedServiceOptions {
  assertKnownOptions(options, OPTION_NAMES, 'createMaintenanceService')
  const { store, tasks = [], maintenance = {}, enabled = true, timeoutMs, onRun } = options
  if (typeof store?.maintenance !== 'function') throw refuse('store must be a store')
  const insides = insidesOf(store)
  const logger = resolveStoreLog(options.logger ?? insides?.log)
  const { clock = insides?.clock ?? systemClock } = options
  assertClock(clock)
  assertOneOf(enabled, 'enabled', [true, false])
  assertFunctionOption(onRun, 'onRun')
  if (timeoutMs !== undefined) assertNumberOption(timeoutMs, 'timeoutMs', 1)
  const ownNames = MAINTENANCE_OPTION_NAMES.filter((name) => name !== 'tasks')
  assertKnownOptions(maintenance, ownNames, 'createMaintenanceService: maintenance')
  resolveMaintenanceOptions({ ...maintenance, tasks }, store.capabilities)
  return {
    store,
    tasks: Object.freeze([...tasks]),
    schedule: resolveSchedule(options, clock),
    maintenance: { ...maintenance },
    timeoutMs,
    checkpoint: resolveCheckpoint(options.checkpoint, store),
    disabledReason: disabledReasonOf(enabled, store),
    onRun,
    logger,
    clock,
  }
}

function resolveSchedule(options: MaintenanceServiceOptions<any>, clock: Clock): Schedule {
  const { schedule, random = Math.random } = options
  assertFunctionOption(random, 'random')
  const byInterval = givenOptions({
    initialDelayMs: options.initialDelayMs,
    intervalMs: options.intervalMs,
    jitter: options.jitter,
  }) as Partial<Record<'initialDelayMs' | 'intervalMs' | 'jitter', number>>
  if (schedule !== undefined) {
    assertKnownOptions(schedule, ['cron', 'timeZone'], 'createMaintenanceService: schedule')
    const [other] = Object.keys(byInterval)
    if (other !== undefined) throw refuse(`${other} does not go together with schedule`)
    return createCronSchedule(schedule.cron, schedule.timeZone, clock)
  }
  const { initialDelayMs, intervalMs, jitter } = { ...MAINTENANCE_SERVICE_DEFAULTS, ...byInterval }
  assertNumberOption(initialDelayMs, 'initialDelayMs', 0)
  assertNumberOption(intervalMs, 'intervalMs', 1)
  assertNumberOption(jitter, 'jitter', 0, 1)
  return createIntervalSchedule({ initialDelayMs, intervalMs, jitter }, clock, random)
}

function resolveCheckpoint(
  given: CheckpointLoopOptions | false | undefined,
  store: Store<any>,
): ResolvedCheckpointLoop | undefined {
  if (given === false) return undefined
  const hasLog = store.capabilities.writeAheadLog
  if (given === undefined && !hasLog) return undefined
  assertKnownOptions(given ?? {}, ['intervalMs', 'walSizeBytes'], 'createMaintenanceService: checkpoint')
  const options: ResolvedCheckpointLoop = {
    ...MAINTENANCE_SERVICE_DEFAULTS.checkpoint,
    ...(givenOptions(given ?? {}) as Partial<ResolvedCheckpointLoop>),
  }
  assertNumberOption(options.intervalMs, 'checkpoint: intervalMs', 1)
  assertNumberOption(options.walSizeBytes, 'checkpoint: walSizeBytes', 0)
  if (hasLog) return options
  throw new StoreError('UNSUPPORTED', 'createMaintenanceService: checkpoint: this database has no write-ahead log', {
    operation: 'createMaintenanceService',
  })
}

function disabledReasonOf(enabled: boolean, store: Store<any>): string | undefined {
  if (!enabled) return 'the option enabled is false'
  return store.capabilities.writable ? undefined : 'the store is read-only'
}

function refuse(message: string): StoreError {
  return invalidArgument(`createMaintenanceService: ${message}`, 'createMaintenanceService')
}
