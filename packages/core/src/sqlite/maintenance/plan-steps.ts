/**
 * Which steps a run will do, and why. Pure: the same inspection and options give the same plan.
 */
import type { MaintenanceRun } from '../../contract/backend.ts'
import type { MaintenancePlan } from '../../contract/maintenance.ts'
import { SQLITE_STEPS } from '../../contract/maintenance-steps.ts'
import { type Inspection, usedBytes } from './inspection.ts'

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000

/** When mode `auto` finds a step worthwhile. */
export const WORTHWHILE = {
  /** Share of free pages from which they are given back bit by bit. */
  reclaimRatio: 0.05,
  /** Share and size of free pages from which a database without incremental vacuum is vacuumed as a whole. */
  vacuumRatio: 0.25,
  vacuumBytes: (64 * MIB) as number,
  /** And not more often than this. */
  vacuumIntervalMs: (30 * DAY_MS) as number,
} as const

/** What the plan is made from besides the run's options. */
export interface PlanFacts {
  readonly inspection: Inspection
  readonly hasWriteAheadLog: boolean
  readonly canVacuum: boolean
  /** Milliseconds since the last full VACUUM; `undefined` if there is none on record. */
  readonly sinceVacuumMs: number | undefined
}

interface Decision {
  readonly run: boolean
  readonly reason: string
}

const yes = (reason: string): Decision => ({ run: true, reason })
const no = (reason: string): Decision => ({ run: false, reason })

/** The plan of a run. */
export function planSteps(run: MaintenanceRun, facts: PlanFacts): MaintenancePlan {
  const names = SQLITE_STEPS.filter((name) => run.steps === undefined || run.steps.includes(name))
  return { mode: run.mode, steps: names.map((name) => ({ name, ...decide(name, run, facts) })) }
}

function decide(name: (typeof SQLITE_STEPS)[number], run: MaintenanceRun, facts: PlanFacts): Decision {
  switch (name) {
    case 'inspect':
      return yes('always')
    case 'checkpoint':
    case 'finalCheckpoint':
      return facts.hasWriteAheadLog ? yes('there is a write-ahead log') : no('there is no write-ahead log')
    case 'integrity':
      return run.integrity !== 'off' || run.steps !== undefined ? yes('asked for') : no('not asked for')
    case 'reclaim':
      return decideReclaim(run, facts)
    case 'vacuum':
      return decideVacuum(run, facts)
    case 'analyze':
      return run.mode === 'light' && run.steps === undefined
        ? no('not in mode light')
        : yes('statistics may be out of date')
    case 'shrink':
      return yes('gives cache memory back')
  }
}

function decideReclaim(run: MaintenanceRun, facts: PlanFacts): Decision {
  const { autoVacuum, freePageCount, pageCount } = facts.inspection
  if (autoVacuum !== 'incremental') return no('the database has no incremental vacuum; a full VACUUM would set it up')
  if (freePageCount === 0) return no('no page is free')
  if (run.steps !== undefined) return yes('asked for')
  if (run.mode === 'light') return no('not in mode light')
  if (run.mode === 'full' && decideVacuum(run, facts).run) return no('the full VACUUM does it')
  const ratio = freePageCount / pageCount
  if (run.mode === 'auto' && ratio < WORTHWHILE.reclaimRatio)
    return no(`${percent(ratio)} of the pages are free, which will be used again`)
  return yes(`${percent(ratio)} of the pages are free`)
}

function decideVacuum(run: MaintenanceRun, facts: PlanFacts): Decision {
  const { inspection, canVacuum, sinceVacuumMs } = facts
  if (!canVacuum) return no('this backend has no full VACUUM')
  if (run.steps === undefined && run.mode !== 'full') {
    const reason = notWorthVacuuming(run, inspection, sinceVacuumMs)
    if (reason !== undefined) return no(reason)
  }
  const neededBytes = 2 * usedBytes(inspection)
  const { freeDiskBytes = neededBytes, freeTempBytes = neededBytes } = inspection
  // It writes the database twice: into a temporary file, then into the log. Both may be on one disk.
  if (freeDiskBytes < neededBytes) return no(`not enough free disk: ${freeDiskBytes} of ${neededBytes} bytes`)
  if (freeTempBytes < neededBytes)
    return no(`not enough free disk for temporary files: ${freeTempBytes} of ${neededBytes} bytes`)
  return yes(
    run.mode === 'full' || run.steps !== undefined ? 'asked for' : 'much is free and there is no incremental vacuum',
  )
}

function notWorthVacuuming(
  run: MaintenanceRun,
  inspection: Inspection,
  sinceVacuumMs: number | undefined,
): string | undefined {
  const { freePageCount, pageCount, pageSizeBytes, autoVacuum } = inspection
  if (run.mode === 'light') return 'not in mode light'
  if (autoVacuum === 'incremental') return 'pages are given back bit by bit'
  if (!run.allowBlocking) return 'it blocks writers, which allowBlocking does not allow'
  if (freePageCount < WORTHWHILE.vacuumRatio * pageCount || freePageCount * pageSizeBytes < WORTHWHILE.vacuumBytes)
    return 'too little is free'
  if (sinceVacuumMs !== undefined && sinceVacuumMs < WORTHWHILE.vacuumIntervalMs)
    return 'the last one was less than 30 days ago'
  return undefined
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`
}
