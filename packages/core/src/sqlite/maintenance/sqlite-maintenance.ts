/**
 * One maintenance run on a SQLite database: becomes the maintainer, looks, plans, runs the steps it is told to, and
 * leaves the log small whatever happened.
 */

import type { MaintenanceRun, MaintenanceSession, MaintenanceStepResult } from '../../contract/backend.ts'
import type { StoreLog } from '../../contract/log.ts'
import type { MaintenancePlan } from '../../contract/maintenance.ts'
import type { MaintenanceStepName } from '../../contract/maintenance-steps.ts'
import { StoreError } from '../../errors/store-error.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import type { ExecutorPool } from '../executors/executor-pool.ts'
import type { SqliteMemory } from '../port.ts'
import type { SidecarHold } from '../sidecar-lock.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import { vacuumsHere } from '../statement-stopper.ts'
import { becomeMaintainer, type MaintainerParts } from './become-maintainer.ts'
import { checkpoint, emptyLog } from './checkpoint.ts'
import { measuresOf } from './inspection.ts'
import { look, type MaintenanceScope } from './maintenance-scope.ts'
import { analyze, integrity, vacuum } from './offloaded-steps.ts'
import { vacuumHere } from './own-thread-vacuum.ts'
import { planSteps } from './plan-steps.ts'
import { reclaim } from './reclaim.ts'
import { shrink } from './shrink.ts'

const VACUUMED_AT = 'vacuumed_at'

/** What a run needs of its engine. */
export interface SqliteMaintenanceParts extends MaintainerParts {
  readonly memory: SqliteMemory | undefined
  readonly workers: ExecutorPool | undefined
  /** What is noted where there is no lock to note it in: it lives as long as the database in memory does. */
  readonly memoryNotes: Map<string, string>
}

/** Opens a run. @throws the driver's errors */
export async function openSqliteMaintenance(
  parts: SqliteMaintenanceParts,
  run: MaintenanceRun,
): Promise<MaintenanceSession> {
  const attempt = run.dryRun ? undefined : await becomeMaintainer(parts, run.signal)
  if (attempt?.held === false) return skipped(run, `another maintainer is at work: ${attempt.holder ?? 'unknown'}`)
  try {
    return await openSession(parts, run, attempt)
  } catch (error) {
    attempt?.release()
    throw error
  }
}

async function openSession(
  parts: SqliteMaintenanceParts,
  run: MaintenanceRun,
  hold: SidecarHold | undefined,
): Promise<MaintenanceSession> {
  const { set } = parts
  if (set.isSingle)
    return new SqliteMaintenance(
      { ...parts, connection: set.writer, run, offload: undefined, thread: undefined },
      hold,
      parts.log,
    )
  const connection = await retryWhileBusy(set.busy, run.signal, () => set.openConnection('maintenance'))
  try {
    const elsewhere = { offload: parts.openOffload?.(), thread: parts.upkeep.openThread?.() }
    return new SqliteMaintenance({ ...parts, connection, run, ...elsewhere }, hold, parts.log)
  } catch (error) {
    connection.close()
    throw error
  }
}

function skipped(run: MaintenanceRun, skip: string): MaintenanceSession {
  return {
    skip,
    plan: async () => ({ mode: run.mode, steps: [] }),
    remember: () => undefined,
    run: () => Promise.reject(new Error(skip)),
    close: async () => undefined,
  }
}

class SqliteMaintenance implements MaintenanceSession {
  readonly skip: string | undefined = undefined
  readonly #scope: MaintenanceScope
  readonly #hold: SidecarHold | undefined
  readonly #log: StoreLog
  #wrote = false

  constructor(scope: MaintenanceScope, hold: SidecarHold | undefined, log: StoreLog) {
    this.#scope = scope
    this.#hold = hold
    this.#log = log
  }

  async plan(): Promise<MaintenancePlan> {
    const { run, set, offload, clock } = this.#scope
    const vacuumedAtMs = Number(this.#hold?.recall(VACUUMED_AT))
    try {
      return planSteps(run, {
        inspection: look(this.#scope),
        hasWriteAheadLog: set.hasWriteAheadLog,
        canVacuum: offload !== undefined || vacuumsHere(set),
        sinceVacuumMs: vacuumedAtMs > 0 ? clock.now().getTime() - vacuumedAtMs : undefined,
      })
    } catch (error) {
      throw classifySqliteError(set.port, error, 'maintenance')
    }
  }

  remember(key: string, value: string): void {
    if (this.#hold === undefined) this.#scope.memoryNotes.set(key, value)
    else this.#hold.remember(key, value)
  }

  async run(step: MaintenanceStepName): Promise<MaintenanceStepResult> {
    // These two tell more of themselves.
    const { run, set } = this.#scope
    const tells = step === 'reclaim' || step === 'vacuum'
    if (!tells) run.progress(step, 0, 1, 'steps')
    try {
      const result = await this.#step(step)
      if (!tells) run.progress(step, 1, 1, 'steps')
      return result
    } catch (error) {
      throw classifySqliteError(set.port, error, step)
    }
  }

  async close(): Promise<void> {
    const { set, clock, offload, thread, connection } = this.#scope
    try {
      if (this.#wrote && set.hasWriteAheadLog) await emptyLog(this.#scope, clock, this.#log)
      await offload?.close()
      await thread?.close()
      if (!set.isSingle) connection.close()
    } finally {
      // Held by a process that goes on living, it would keep every other maintainer out.
      this.#hold?.release()
    }
  }

  async #step(step: MaintenanceStepName): Promise<MaintenanceStepResult> {
    const scope = this.#scope
    switch (step) {
      case 'inspect':
        return { status: 'done', after: measuresOf(look(scope)) }
      case 'checkpoint':
      case 'finalCheckpoint':
        return checkpoint(scope, scope.run.signal)
      case 'integrity':
        return integrity(scope)
      case 'reclaim':
        this.#wrote = true
        return reclaim(scope)
      case 'vacuum':
        this.#wrote = true
        return this.#vacuum()
      case 'analyze':
        this.#wrote = true
        return analyze(scope)
      case 'shrink':
        return shrink(scope)
      case 'databaseStats':
      case 'reindex':
        throw new StoreError('UNSUPPORTED', `SQLite has no step "${step}"`, { operation: 'maintenance' })
    }
  }

  async #vacuum(): Promise<MaintenanceStepResult> {
    const result = await (vacuumsHere(this.#scope.set) ? vacuumHere(this.#scope) : vacuum(this.#scope))
    if (result.status === 'done') this.#hold?.remember(VACUUMED_AT, String(this.#scope.clock.now().getTime()))
    return result
  }
}
