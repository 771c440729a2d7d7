/**
 * A full VACUUM where the engine has a thread of its own and a single connection: there, stopped by what looks up from it.
 *
 * While it runs nothing else does on that thread, so nobody who comes to wait is noticed: it does not give way to writers,
 * and ends by itself, by its signal, or when the budget is spent.
 */
import type { MaintenanceStepResult } from '../../contract/backend.ts'
import { StoreError } from '../../errors/store-error.ts'
import { checkpoint, copyLog, dropLogTail } from './checkpoint.ts'
import { measuresOf } from './inspection.ts'
import { look, type MaintenanceScope, withoutAutocheckpoint, withWriteLock } from './maintenance-scope.ts'
import { runVacuum } from './run-vacuum.ts'

export async function vacuumHere(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { run, set } = scope
  const before = look(scope)
  run.progress('vacuum', 0, 1, 'steps')
  const isDone = await withoutAutocheckpoint(scope, async () => {
    // Its own log is as large as what is in use; what is there already would only be copied once more.
    if (set.hasWriteAheadLog) await copyLog(scope, run.signal)
    return withWriteLock(scope, run.signal, () => vacuumOrDropLog(scope))
  })
  if (!isDone) return { status: 'blocked', reason: 'the budget is spent', before: measuresOf(before) }
  const copied = set.hasWriteAheadLog ? await checkpoint(scope, run.signal) : undefined
  const measures = { before: measuresOf(before), after: measuresOf(look(scope)) }
  if (copied?.status === 'blocked') return { status: 'blocked', reason: `vacuumed, but ${copied.reason}`, ...measures }
  run.progress('vacuum', 1, 1, 'steps')
  return { status: 'done', ...measures }
}

/** Answers whether it came to its end before the budget did. */
async function vacuumOrDropLog(scope: MaintenanceScope): Promise<boolean> {
  const { run, set, connection } = scope
  const { stopper } = set
  if (stopper?.runWriting === undefined) {
    throw new StoreError('UNSUPPORTED', 'this backend has no full VACUUM', { operation: 'maintenance' })
  }
  const leftMs = run.budgetLeftMs()
  const limitMs = Number.isFinite(leftMs) ? Math.max(0, leftMs) : undefined
  try {
    // SQLite refuses it beside an open statement.
    connection.settleCursors()
    return stopper.runWriting(run, limitMs, () => runVacuum(connection.db))
  } catch (error) {
    await dropLogTail(scope).catch(() => undefined)
    throw error
  }
}
