/** The options of `close()`, checked when they are given: at `close()`, or when the store is opened. */
import { assertContext } from '../abort/deadline.ts'
import type { Context } from '../contract/context.ts'
import type { MaintenanceMode } from '../contract/maintenance.ts'
import type { CloseContext } from '../contract/reports.ts'
import { assertNumberOption, assertOneOf, givenOptions } from './check-options.ts'

/** The defaults of {@link CloseContext}. */
export const CLOSE_DEFAULTS = { drainMs: 5000, maintenanceOnClose: 'auto', budgetMs: 5000 } as const

/** {@link CloseContext} with its defaults. */
export interface ResolvedCloseOptions extends Context {
  readonly drainMs: number
  readonly budgetMs: number
  readonly maintenanceOnClose: MaintenanceMode | false
}

/** Checks the options of `close()` and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveCloseOptions(ctx: CloseContext): ResolvedCloseOptions {
  assertContext(ctx, 'close', ['drainMs', 'maintenanceOnClose', 'budgetMs'])
  const options = { ...CLOSE_DEFAULTS, ...(givenOptions(ctx) as Partial<ResolvedCloseOptions>) }
  assertNumberOption(options.drainMs, 'drainMs', 0)
  assertNumberOption(options.budgetMs, 'budgetMs', 0)
  assertOneOf(options.maintenanceOnClose, 'maintenanceOnClose', ['auto', 'light', 'full', false])
  return options
}
