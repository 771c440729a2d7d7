/** The options of `maintenance()`, checked before anything is looked at. */
import { assertContext } from '../abort/deadline.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { MaintenanceContext, MaintenanceMode } from '../contract/maintenance.ts'
import { MAINTENANCE_STEPS, type MaintenanceStepName, SQLITE_STEPS } from '../contract/maintenance-steps.ts'
import type { MaintenanceTask } from '../contract/task.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { assertFunctionOption, assertNumberOption, assertOneOf, givenOptions } from '../open/check-options.ts'

/** The defaults of {@link MaintenanceContext}. */
export const MAINTENANCE_DEFAULTS = {
  mode: 'auto',
  integrity: 'off',
  dryRun: false,
  allowBlocking: false,
  maxWriteWaitMs: 250,
} as const

/** The names of the options of `maintenance()`, besides those of every context. */
export const MAINTENANCE_OPTION_NAMES = [
  'tasks',
  'mode',
  'steps',
  'budgetMs',
  'onProgress',
  'onBegin',
  'integrity',
  'dryRun',
  'allowBlocking',
  'maxWriteWaitMs',
] as const

/** {@link MaintenanceContext} with its defaults. */
export interface ResolvedMaintenanceOptions {
  readonly tasks: readonly MaintenanceTask<any>[]
  readonly mode: MaintenanceMode
  readonly steps: readonly MaintenanceStepName[] | undefined
  readonly budgetMs: number
  readonly integrity: 'off' | 'quick' | 'full'
  readonly dryRun: boolean
  readonly allowBlocking: boolean
  readonly maxWriteWaitMs: number | false
}

type GivenOptions = { readonly [K in keyof MaintenanceContext]: Exclude<MaintenanceContext[K], undefined> }

/** @throws INVALID_ARGUMENT, or UNSUPPORTED for a step that the backend cannot do */
export function resolveMaintenanceOptions(
  ctx: MaintenanceContext,
  capabilities: Capabilities,
): ResolvedMaintenanceOptions {
  assertContext(ctx, 'maintenance', MAINTENANCE_OPTION_NAMES)
  const options = { ...MAINTENANCE_DEFAULTS, ...(givenOptions(ctx) as GivenOptions) }
  assertOneOf(options.mode, 'mode', ['auto', 'light', 'full'])
  assertOneOf(options.integrity, 'integrity', ['off', 'quick', 'full'])
  assertOneOf(options.dryRun, 'dryRun', [true, false])
  assertOneOf(options.allowBlocking, 'allowBlocking', [true, false])
  if (options.budgetMs !== undefined) assertNumberOption(options.budgetMs, 'budgetMs', 0)
  if (options.maxWriteWaitMs !== false) assertNumberOption(options.maxWriteWaitMs, 'maxWriteWaitMs', 0)
  assertFunctionOption(options.onProgress, 'onProgress')
  assertFunctionOption(options.onBegin, 'onBegin')
  assertSteps(options.steps, capabilities)
  if (options.integrity !== 'off' && !maintenanceStepsOf(capabilities).includes('integrity'))
    throw noSuchStep('integrity')
  const tasks = resolveTasks(options.tasks ?? [])
  const { mode, integrity, dryRun, allowBlocking, maxWriteWaitMs, steps } = options
  return {
    tasks,
    mode,
    steps,
    integrity,
    dryRun,
    allowBlocking,
    maxWriteWaitMs,
    budgetMs: options.budgetMs ?? Number.POSITIVE_INFINITY,
  }
}

function assertSteps(steps: readonly MaintenanceStepName[] | undefined, capabilities: Capabilities): void {
  if (steps === undefined) return
  if (!Array.isArray(steps) || steps.length === 0) throw refuse('steps must be an array with at least one step')
  for (const step of steps as readonly MaintenanceStepName[]) {
    if (!MAINTENANCE_STEPS.includes(step))
      throw refuse(`there is no step "${step}"; there are ${MAINTENANCE_STEPS.join(', ')}`)
  }
  const has = maintenanceStepsOf(capabilities)
  const unsupported = (steps as readonly MaintenanceStepName[]).find((step) => !has.includes(step))
  if (unsupported !== undefined) throw noSuchStep(unsupported)
}

/** The steps that `maintenance()` has on a store with these capabilities. */
export function maintenanceStepsOf(capabilities: Capabilities): readonly MaintenanceStepName[] {
  if (capabilities.maintenanceSteps !== undefined) return capabilities.maintenanceSteps
  const missing: Partial<Record<MaintenanceStepName, boolean>> = {
    vacuum: capabilities.vacuum === false,
    reclaim: !capabilities.incrementalReclaim,
    checkpoint: !capabilities.writeAheadLog,
    finalCheckpoint: !capabilities.writeAheadLog,
  }
  return SQLITE_STEPS.filter((step) => missing[step] !== true)
}

function noSuchStep(step: MaintenanceStepName): StoreError {
  return new StoreError('UNSUPPORTED', `maintenance: this backend has no step "${step}"`, { operation: 'maintenance' })
}

/** Checks tasks: their names tell their reports apart. @throws INVALID_ARGUMENT */
export function resolveTasks(tasks: readonly MaintenanceTask<any>[]): readonly MaintenanceTask<any>[] {
  if (!Array.isArray(tasks)) throw refuse('tasks must be an array')
  const names = new Set<string>()
  for (const task of tasks as readonly MaintenanceTask<any>[]) {
    if (typeof task?.run !== 'function') throw refuse('a task must have a function run')
    if (typeof task.name !== 'string' || task.name === '') throw refuse('a task must have a name')
    if (names.has(task.name)) throw refuse(`two tasks are called "${task.name}"`)
    if (task.timeoutMs !== undefined) assertNumberOption(task.timeoutMs, `timeoutMs of task "${task.name}"`, 1)
    names.add(task.name)
  }
  return tasks
}

function refuse(message: string): StoreError {
  return invalidArgument(`maintenance: ${message}`, 'maintenance')
}
