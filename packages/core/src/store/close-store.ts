/**
 * `close()`: refuse new work, stop maintenance, drain, maintain once more, release.
 *
 * An aborted signal shortens each of these and skips none of the releases. It rejects only when a handle could not be
 * released, after everything was tried.
 */
import { openDeadline } from '../abort/deadline.ts'
import type { Engine } from '../contract/backend.ts'
import type { MaintenanceReport } from '../contract/maintenance.ts'
import type { CloseReport } from '../contract/reports.ts'
import { errorLabel } from '../errors/error-label.ts'
import { isStoreError } from '../errors/store-error.ts'
import type { MaintenanceRunner } from '../maintenance/maintenance-runner.ts'
import type { ResolvedCloseOptions } from '../open/close-options.ts'
import type { ResolvedStoreOptions } from '../open/store-options.ts'
import type { Attachments } from './attachments.ts'
import type { Lifecycle } from './lifecycle.ts'

/** What is being closed. */
export interface ClosingStore {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly maintenance: MaintenanceRunner
  readonly attachments: Attachments
  readonly options: ResolvedStoreOptions
}

/** Closes the store. Rejects with what kept a handle from being released. */
export async function closeStore(store: ClosingStore, ctx: ResolvedCloseOptions): Promise<CloseReport> {
  const { engine, lifecycle, maintenance, options } = store
  using deadline = openDeadline(ctx, options.clock, 'close')
  const hurry = deadline.signal
  const startedMs = options.clock.monotonicMs()
  lifecycle.beginClosing()
  const unstopped = await stopServices(store, ctx, hurry)
  const abandoned = (await lifecycle.drain(ctx.drainMs, hurry)) + unstopped + maintenance.leftBehindCount
  const report = await lastMaintenance(store, ctx, hurry)
  try {
    const { walSizeBytes, failure, setAside } = await engine.close()
    const clean =
      abandoned === 0 &&
      failure === undefined &&
      !walIsLeft(walSizeBytes) &&
      !hurry.aborted &&
      (report === undefined || report.outcome === 'ok' || report.outcome === 'skipped')
    const result: CloseReport = Object.freeze({
      clean,
      durationMs: options.clock.monotonicMs() - startedMs,
      maintenance: report,
      walSizeBytes,
      abandoned,
      ...(failure !== undefined && { failure, setAside }),
    })
    const fields = { ...result, backend: engine.name, maintenance: report?.outcome }
    if (clean) options.logger.debug?.('store closed', fields)
    else options.logger.warn('the store was not closed cleanly', fields)
    return result
  } finally {
    lifecycle.finish()
  }
}

/** They get as long as everything else that is under way; answers how many attachments did not stop. */
async function stopServices(
  { attachments, maintenance, options }: ClosingStore,
  { drainMs }: ResolvedCloseOptions,
  hurry: AbortSignal,
): Promise<number> {
  if (attachments.isEmpty && !maintenance.isRunning) {
    await maintenance.stop(hurry)
    return 0
  }
  using deadline = openDeadline({ timeoutMs: drainMs }, options.clock, 'close', hurry)
  // Attached services may wait for the maintenance that is being stopped here.
  const [unstopped] = await Promise.all([attachments.stop(deadline.signal), maintenance.stop(deadline.signal)])
  return unstopped
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
    store.options.logger.warn('maintenance before close failed', { code: errorLabel(error) })
    return undefined
  }
}
