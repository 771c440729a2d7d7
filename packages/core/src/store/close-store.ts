/**
 * `close()`: refuse new work, stop maintenance, drain, maintain once more, release.
 *
 * An aborted signal shortens each of these and skips none of the releases. It rejects only when a handle could not be
 * released, after everything was tried.
 */
import { assertContext, openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { Context } from '../contract/context.ts'
import type { MaintenanceMode, MaintenanceReport } from '../contract/maintenance.ts'
import type { CloseContext, CloseReport } from '../contract/reports.ts'
import { isStoreError } from '../errors/store-error.ts'
import type { MaintenanceRunner } from '../maintenance/maintenance-runner.ts'
import {
  assertKnownOptions,
  assertNumberOption,
  assertOneOf,
  type ResolvedStoreOptions,
} from '../open/store-options.ts'
import type { Lifecycle } from './lifecycle.ts'

export const CLOSE_DEFAULTS = { drainMs: 5000, maintenanceOnClose: 'auto', budgetMs: 5000 } as const

const OPTION_NAMES = ['signal', 'timeoutMs', 'drainMs', 'maintenanceOnClose', 'budgetMs'] as const

/** What is being closed. */
export interface ClosingStore {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly maintenance: MaintenanceRunner
  readonly options: ResolvedStoreOptions
}

/** Closes the store. Rejects with what kept a handle from being released. */
export async function closeStore(store: ClosingStore, ctx: ResolvedCloseOptions): Promise<CloseReport> {
  const { engine, lifecycle, maintenance, options } = store
  using deadline = openDeadline(ctx, options.clock, 'close')
  const hurry = deadline.signal
  const startedMs = options.clock.monotonicMs()
  lifecycle.beginClosing()
  await maintenance.stop()
  const abandoned = await lifecycle.drain(ctx.drainMs, hurry)
  const report = await lastMaintenance(store, ctx, hurry)
  try {
    const { walSizeBytes } = await engine.close()
    const clean =
      abandoned === 0 &&
      !walIsLeft(walSizeBytes) &&
      !hurry.aborted &&
      (report === undefined || report.outcome === 'ok' || report.outcome === 'skipped')
    const result: CloseReport = Object.freeze({
      clean,
      durationMs: options.clock.monotonicMs() - startedMs,
      maintenance: report,
      walSizeBytes,
      abandoned,
    })
    if (!clean) options.logger.warn('the store was not closed cleanly', { ...result, maintenance: report?.outcome })
    return result
  } finally {
    lifecycle.finish()
  }
}

function walIsLeft(walSizeBytes: number | undefined): boolean {
  return walSizeBytes !== undefined && walSizeBytes > 0
}

/** Maintenance is worth an attempt here, never a failure of the close. */
async function lastMaintenance(
  store: ClosingStore,
  ctx: ResolvedCloseOptions,
  signal: AbortSignal,
): Promise<MaintenanceReport | undefined> {
  const { maintenanceOnClose: mode, budgetMs } = ctx
  if (mode === false || !store.engine.capabilities.writable) return undefined
  try {
    return await store.maintenance.runAtClose({ mode, budgetMs, signal })
  } catch (error) {
    if (isStoreError(error) && error.report !== undefined) return error.report
    store.options.logger.warn('maintenance before close failed', { code: isStoreError(error) ? error.code : 'UNKNOWN' })
    return undefined
  }
}

/** {@link CloseContext} with its defaults. */
export interface ResolvedCloseOptions extends Context {
  readonly drainMs: number
  readonly budgetMs: number
  readonly maintenanceOnClose: MaintenanceMode | false
}

/** @throws INVALID_ARGUMENT */
export function resolveCloseOptions(ctx: CloseContext): ResolvedCloseOptions {
  assertKnownOptions(ctx, OPTION_NAMES, 'close')
  assertContext(ctx, 'close')
  const { drainMs = CLOSE_DEFAULTS.drainMs, budgetMs = CLOSE_DEFAULTS.budgetMs } = ctx
  const { maintenanceOnClose = CLOSE_DEFAULTS.maintenanceOnClose } = ctx
  assertNumberOption(drainMs, 'drainMs', 0)
  assertNumberOption(budgetMs, 'budgetMs', 0)
  assertOneOf(maintenanceOnClose, 'maintenanceOnClose', ['auto', 'light', 'full', false])
  return { signal: ctx.signal, timeoutMs: ctx.timeoutMs, drainMs, budgetMs, maintenanceOnClose }
}
