/**
 * One maintenance run on a SQLite database: becomes the maintainer, looks, plans, runs the steps it is told to, and
 * leaves the log small whatever happened.
 */
import type { MaintenanceRun, MaintenanceSession, MaintenanceStepResult } from '../../contract/backend.ts'
import type { Clock } from '../../contract/clock.ts'
import type { StoreLog } from '../../contract/log.ts'
import type { MaintenancePlan, MaintenanceStepName } from '../../contract/maintenance.ts'
import { isStoreError } from '../../errors/store-error.ts'
import { retryWhileBusy } from '../busy-wait.ts'
import type { ConnectionSet } from '../connection-set.ts'
import type { SqliteFiles, SqliteOffload } from '../port.ts'
import type { SidecarHold, SidecarLock } from '../sidecar-lock.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import { checkpoint } from './checkpoint.ts'
import { measuresOf } from './inspection.ts'
import { look, type MaintenanceScope, withWriteLock } from './maintenance-scope.ts'
import { analyze, integrity, vacuum } from './offloaded-steps.ts'
import { planSteps } from './plan-steps.ts'
import { reclaim } from './reclaim.ts'

/** On every exit the log is checkpointed once more, and nobody waits longer than this for it. */
const LAST_CHECKPOINT_MS = 2000

const VACUUMED_AT = 'vacuumed_at'

/** What a run needs of its engine. */
export interface SqliteMaintenanceParts {
  readonly set: ConnectionSet
  readonly files: SqliteFiles | undefined
  readonly openOffload: (() => SqliteOffload) | undefined
  readonly clock: Clock
  readonly log: StoreLog
  /** The lock among processes; `undefined` where there is only one process. */
  readonly maintainer: SidecarLock | undefined
}

/** Opens a run. @throws the driver's errors */
export async function openSqliteMaintenance(
  parts: SqliteMaintenanceParts,
  run: MaintenanceRun,
): Promise<MaintenanceSession> {
  const attempt = run.dryRun ? undefined : parts.maintainer?.tryAcquire()
  if (attempt?.held === false) return skipped(run, `another maintainer is at work: ${attempt.holder ?? 'unknown'}`)
  const { set } = parts
  try {
    const connection = set.isMemory
      ? set.writer
      : await retryWhileBusy(set.busy, run.signal, () => set.openConnection('maintenance'))
    const offload = set.isMemory ? undefined : parts.openOffload?.()
    return new SqliteMaintenance(
      parts,
      run,
      attempt,
      { ...parts, connection, run, offload: offload && ((task, signal) => offload.run(task, signal)) },
      offload,
    )
  } catch (error) {
    attempt?.release()
    throw error
  }
}

function skipped(run: MaintenanceRun, skip: string): MaintenanceSession {
  return {
    skip,
    plan: { mode: run.mode, steps: [] },
    run: () => Promise.reject(new Error(skip)),
    close: async () => undefined,
  }
}

class SqliteMaintenance implements MaintenanceSession {
  readonly skip: string | undefined = undefined
  readonly plan: MaintenancePlan
  readonly #parts: SqliteMaintenanceParts
  readonly #run: MaintenanceRun
  readonly #hold: SidecarHold | undefined
  readonly #scope: MaintenanceScope
  readonly #offload: SqliteOffload | undefined
  #wrote = false

  constructor(
    parts: SqliteMaintenanceParts,
    run: MaintenanceRun,
    hold: SidecarHold | undefined,
    scope: MaintenanceScope,
    offload: SqliteOffload | undefined,
  ) {
    this.#parts = parts
    this.#run = run
    this.#hold = hold
    this.#scope = scope
    this.#offload = offload
    const vacuumedAt = Number(hold?.recall(VACUUMED_AT))
    this.plan = planSteps(run, {
      inspection: look(scope),
      hasWriteAheadLog: parts.set.hasWriteAheadLog,
      canVacuum: offload !== undefined,
      sinceVacuumMs:
        Number.isFinite(vacuumedAt) && vacuumedAt > 0 ? parts.clock.now().getTime() - vacuumedAt : undefined,
    })
  }

  async run(step: MaintenanceStepName): Promise<MaintenanceStepResult> {
    this.#run.progress(step, 0, undefined, 'steps')
    try {
      return await this.#step(step)
    } catch (error) {
      throw classifySqliteError(this.#parts.set.port, error, step)
    }
  }

  async close(): Promise<void> {
    try {
      if (this.#wrote) await this.#lastCheckpoint()
    } finally {
      await this.#offload?.close()
      if (!this.#parts.set.isMemory) this.#scope.connection.close()
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
        return checkpoint(scope, this.#run.signal)
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
        return this.#shrink()
    }
  }

  async #vacuum(): Promise<MaintenanceStepResult> {
    const result = await vacuum(this.#scope)
    if (result.status === 'done') this.#hold?.remember(VACUUMED_AT, String(this.#parts.clock.now().getTime()))
    return result
  }

  /** Source: https://www.sqlite.org/pragma.html#pragma_shrink_memory */
  async #shrink(): Promise<MaintenanceStepResult> {
    const { set } = this.#parts
    await withWriteLock(this.#scope, this.#run.signal, () => {
      for (const connection of [set.writer, set.reader]) connection?.db.exec('PRAGMA shrink_memory')
    })
    return { status: 'done' }
  }

  /** Also after an abort, so under a signal of its own. */
  async #lastCheckpoint(): Promise<void> {
    const { set, clock, log } = this.#parts
    if (!set.hasWriteAheadLog) return
    const late = new AbortController()
    const timer = clock.setTimer(() => late.abort(), LAST_CHECKPOINT_MS)
    try {
      await checkpoint(this.#scope, late.signal)
    } catch (error) {
      log.warn('the last checkpoint of maintenance did not succeed', {
        code: isStoreError(error) ? error.code : 'UNKNOWN',
      })
    } finally {
      clock.clearTimer(timer)
    }
  }
}
