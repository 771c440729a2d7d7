/** A maintenance run on the other side, as the core sees it. */
import type { MaintenanceRun, MaintenanceSession, MaintenanceStepResult } from '../contract/backend.ts'
import type { MaintenancePlan } from '../contract/maintenance.ts'
import type { MaintenanceStepName } from '../contract/maintenance-steps.ts'
import type { EngineCaller } from './engine-caller.ts'
import type { MaintenanceArgument } from './engine-calls.ts'

/** `budgetLeftMs` is asked once: from there on the other side counts by the same clock. */
export async function openRemoteMaintenance(
  caller: EngineCaller,
  id: number,
  { signal, budgetLeftMs, progress, ...run }: MaintenanceRun,
  scope: number | undefined,
): Promise<MaintenanceSession> {
  const { mode, steps, integrity, dryRun, allowBlocking, maxWriteWaitMs } = run
  const plain = { mode, steps, integrity, dryRun, allowBlocking, maxWriteWaitMs }
  const argument: MaintenanceArgument & { readonly id: number } = { id, run: plain, budgetMs: budgetLeftMs(), scope }
  const { skip } = await caller.ask<{ readonly skip: string | undefined }>('openMaintenance', argument, { signal })
  return {
    skip,
    plan: () => caller.ask<MaintenancePlan>('planMaintenance', { id }, { signal }),
    remember: (key, value) => caller.notes.send('remember', { id, key, value }),
    run: (step: MaintenanceStepName) =>
      caller.ask<MaintenanceStepResult>('runMaintenance', { id, step, scope }, { signal }),
    close: () => caller.ask<void>('closeMaintenance', { id }),
  }
}
