/** The options of `maintenance()`, checked before anything is looked at. */
import { assertContext } from '../abort/deadline.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import {
  MAINTENANCE_STEPS,
  type MaintenanceContext,
  type MaintenanceMode,
  type MaintenanceStepName,
} from '../contract/maintenance.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import { assertKnownOptions } from '../open/store-options.ts'

/** The defaults of {@link MaintenanceContext}. */
export const MAINTENANCE_DEFAULTS = {
  mode: 'auto',
  integrity: 'off',
  dryRun: false,
  allowBlocking: false,
  maxWriteWaitMs: 250,
} as const

const OPTION_NAMES = [
  'signal',
  'timeoutMs',
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
  readonly mode: MaintenanceMode
  readonly steps: readonly MaintenanceStepName[] | undefined
  readonly budgetMs: number
  readonly integrity: 'off' | 'quick' | 'full'
  readonly dryRun: boolean
  readonly allowBlocking: boolean
  readonly maxWriteWaitMs: number | false
}

/** @throws INVALID_ARGUMENT, or UNSUPPORTED for a step that the backend cannot do */
export function resolveMaintenanceOptions(
  ctx: MaintenanceContext,
  capabilities: Capabilities,
): ResolvedMaintenanceOptions {
  assertKnownOptions(ctx, OPTION_NAMES, 'maintenance')
  assertContext(ctx, 'maintenance')
  const options = { ...MAINTENANCE_DEFAULTS, ...withoutUndefined(ctx) }
  oneOf('mode', options.mode, ['auto', 'light', 'full'])
  oneOf('integrity', options.integrity, ['off', 'quick', 'full'])
  oneOf('dryRun', options.dryRun, [true, false])
  oneOf('allowBlocking', options.allowBlocking, [true, false])
  milliseconds('budgetMs', options.budgetMs)
  if (options.maxWriteWaitMs !== false) milliseconds('maxWriteWaitMs', options.maxWriteWaitMs)
  for (const name of ['onProgress', 'onBegin'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') throw refuse(`${name} must be a function`)
  }
  assertSteps(options.steps, capabilities)
  const { mode, integrity, dryRun, allowBlocking, maxWriteWaitMs, steps } = options
  return {
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
  const missing: Partial<Record<MaintenanceStepName, boolean>> = {
    vacuum: capabilities.vacuum === false,
    reclaim: !capabilities.incrementalReclaim,
    checkpoint: !capabilities.writeAheadLog,
    finalCheckpoint: !capabilities.writeAheadLog,
  }
  const unsupported = (steps as readonly MaintenanceStepName[]).find((step) => missing[step] === true)
  if (unsupported !== undefined) {
    throw new StoreError('UNSUPPORTED', `maintenance: this backend has no step "${unsupported}"`, {
      operation: 'maintenance',
    })
  }
}

function withoutUndefined(
  ctx: MaintenanceContext,
): MaintenanceContext &
  Pick<ResolvedMaintenanceOptions, 'mode' | 'integrity' | 'dryRun' | 'allowBlocking' | 'maxWriteWaitMs'> {
  return Object.fromEntries(Object.entries(ctx).filter(([, value]) => value !== undefined)) as never
}

function oneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value))
    throw refuse(`${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`)
}

function milliseconds(name: string, value: unknown): void {
  if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
    throw refuse(`${name} must be a number of milliseconds, 0 or more`)
  }
}

function refuse(message: string): StoreError {
  return invalidArgument(`maintenance: ${message}`, 'maintenance')
}
