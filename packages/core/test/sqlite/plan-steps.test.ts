// Which steps a maintenance run plans, and that it says why: pure, so every combination can be looked at. What the
// steps do is tested by the suite.
import type { MaintenanceMode, MaintenanceStepName } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { SQLITE_STEPS } from '../../dist/contract/maintenance-steps.js'
import type { Inspection } from '../../dist/sqlite/maintenance/inspection.js'
import { type PlanFacts, planSteps, WORTHWHILE } from '../../dist/sqlite/maintenance/plan-steps.js'

const GIB = 1024 ** 3
const DAY_MS = 86_400_000

interface Case extends Partial<Omit<PlanFacts, 'inspection'>>, Partial<Inspection> {
  readonly mode?: MaintenanceMode
  readonly steps?: readonly MaintenanceStepName[]
  readonly integrity?: 'off' | 'quick' | 'full'
  readonly allowBlocking?: boolean
}

/** A database of 400 MB, 40 % of which is free, on a disk with room, and a run in mode auto. */
function plan({ mode = 'auto', steps, integrity = 'off', allowBlocking = false, ...facts }: Case) {
  const { hasWriteAheadLog = true, canVacuum = true, sinceVacuumMs, ...inspection } = facts
  const run = {
    mode,
    steps,
    integrity,
    allowBlocking,
    dryRun: false,
    maxWriteWaitMs: 250,
    signal: new AbortController().signal,
    budgetLeftMs: () => Number.POSITIVE_INFINITY,
    progress: () => undefined,
  }
  return planSteps(run, {
    hasWriteAheadLog,
    canVacuum,
    sinceVacuumMs,
    inspection: {
      pageSizeBytes: 4096,
      pageCount: 100_000,
      freePageCount: 40_000,
      autoVacuum: 'incremental',
      fileSizeBytes: undefined,
      walSizeBytes: undefined,
      identity: undefined,
      freeDiskBytes: 100 * GIB,
      freeTempBytes: 100 * GIB,
      ...inspection,
    },
  })
}

/** The names of the steps that would run. */
function running(options: Case): string[] {
  return plan(options).steps.flatMap(({ name, run }) => (run ? [name] : []))
}

const runs = (step: MaintenanceStepName, options: Case): boolean => running(options).includes(step)

const USUAL = ['inspect', 'checkpoint', 'finalCheckpoint', 'shrink']

describe('the modes', () => {
  it.each<[string, Case, string[]]>([
    ['light', { mode: 'light' }, []],
    ['light, whatever is free and allowed', { mode: 'light', autoVacuum: 'none', allowBlocking: true }, []],
    ['auto', {}, ['reclaim', 'analyze']],
    ['auto, nothing free', { freePageCount: 0 }, ['analyze']],
    ['auto, no incremental vacuum', { autoVacuum: 'none' }, ['analyze']],
    ['auto, full auto_vacuum', { autoVacuum: 'full' }, ['analyze']],
    ['auto, blocking allowed but not needed', { allowBlocking: true }, ['reclaim', 'analyze']],
    ['auto, blocking allowed and needed', { autoVacuum: 'none', allowBlocking: true }, ['vacuum', 'analyze']],
    ['full', { mode: 'full' }, ['vacuum', 'analyze']],
    ['full, nothing free', { mode: 'full', freePageCount: 0 }, ['vacuum', 'analyze']],
    ['full, no incremental vacuum', { mode: 'full', autoVacuum: 'none' }, ['vacuum', 'analyze']],
    ['full, no VACUUM here', { mode: 'full', canVacuum: false }, ['reclaim', 'analyze']],
    ['full, no room', { mode: 'full', freeDiskBytes: 0 }, ['reclaim', 'analyze']],
    ['full, a VACUUM yesterday', { mode: 'full', sinceVacuumMs: DAY_MS }, ['vacuum', 'analyze']],
    ['with integrity', { mode: 'light', integrity: 'quick' }, ['integrity']],
  ])('%s', (_what, options, more) => {
    expect(running(options).sort()).toEqual([...USUAL, ...more].sort())
  })

  it('a database without a log has no checkpoints', () => {
    expect(running({ mode: 'full', hasWriteAheadLog: false })).toEqual(['inspect', 'vacuum', 'analyze', 'shrink'])
  })
})

describe('reclaim in mode auto', () => {
  const free = (freePageCount: number): boolean => runs('reclaim', { freePageCount })

  it('from the share of free pages on that makes it worthwhile', () => {
    const limit = WORTHWHILE.reclaimRatio * 100_000
    expect([free(1), free(limit - 1), free(limit), free(100_000)]).toEqual([false, false, true, true])
  })

  it('any free page will do when it is asked for by name, or in mode full where there is no VACUUM', () => {
    expect(runs('reclaim', { steps: ['reclaim'], mode: 'light', freePageCount: 1 })).toBe(true)
    expect(runs('reclaim', { mode: 'full', canVacuum: false, freePageCount: 1 })).toBe(true)
  })

  it('asked for by name it still needs a free page and incremental vacuum', () => {
    expect(runs('reclaim', { steps: ['reclaim'], freePageCount: 0 })).toBe(false)
    expect(runs('reclaim', { steps: ['reclaim'], autoVacuum: 'none' })).toBe(false)
  })

  it('an empty database has no share of anything', () => {
    expect(running({ pageCount: 0, freePageCount: 0 })).not.toContain('reclaim')
  })
})

describe('VACUUM in mode auto', () => {
  const vacuums = (options: Case): boolean => runs('vacuum', { autoVacuum: 'none', allowBlocking: true, ...options })

  it('only for a large share that is also large', () => {
    const quarter = WORTHWHILE.vacuumRatio * 100_000
    expect([vacuums({ freePageCount: quarter - 1 }), vacuums({ freePageCount: quarter })]).toEqual([false, true])
    const pages = WORTHWHILE.vacuumBytes / 4096
    const small = { pageCount: 2 * pages }
    expect([vacuums({ ...small, freePageCount: pages - 1 }), vacuums({ ...small, freePageCount: pages })]).toEqual([
      false,
      true,
    ])
  })

  it('not within 30 days of the last; one that nobody remembers does not count', () => {
    const since = (sinceVacuumMs: number | undefined): boolean => vacuums({ sinceVacuumMs })
    expect([since(0), since(30 * DAY_MS - 1), since(30 * DAY_MS), since(undefined)]).toEqual([false, false, true, true])
  })

  it('asked for by name it is done in any mode, without leave to block and without much to gain', () => {
    for (const mode of ['light', 'auto', 'full'] as const) {
      expect(runs('vacuum', { mode, steps: ['vacuum'], freePageCount: 0, sinceVacuumMs: 0 })).toBe(true)
    }
  })
})

describe('room on the disk for a VACUUM', () => {
  // 60,000 pages in use, written twice.
  const needed = 2 * 60_000 * 4096
  const vacuums = (options: Case): boolean => runs('vacuum', { mode: 'full', ...options })

  it('is needed where the database is and where temporary files go', () => {
    expect(vacuums({ freeDiskBytes: needed, freeTempBytes: needed })).toBe(true)
    expect(vacuums({ freeDiskBytes: needed - 1 })).toBe(false)
    expect(vacuums({ freeTempBytes: needed - 1 })).toBe(false)
    expect(runs('vacuum', { steps: ['vacuum'], freeDiskBytes: needed - 1 })).toBe(false)
  })

  it('is taken for granted where nobody can say', () => {
    expect(vacuums({ freeDiskBytes: undefined, freeTempBytes: undefined } as Case)).toBe(true)
  })

  it('says how much is missing', () => {
    const step = plan({ mode: 'full', freeDiskBytes: 5 }).steps.find(({ name }) => name === 'vacuum')
    expect(step?.reason).toMatch(new RegExp(`\\b5\\b.*\\b${needed}\\b`))
  })
})

describe('steps', () => {
  it('asked for by name are the only ones, in their own order', () => {
    expect(plan({ steps: ['shrink', 'analyze', 'inspect'] }).steps.map(({ name }) => name)).toEqual([
      'inspect',
      'analyze',
      'shrink',
    ])
  })

  it('asked for by name are done where the mode alone would not', () => {
    for (const step of ['integrity', 'analyze', 'shrink', 'checkpoint'] as const) {
      expect(running({ mode: 'light', steps: [step] })).toEqual([step])
    }
  })

  it('each has a reason, done or not, in every mode', () => {
    for (const mode of ['light', 'auto', 'full'] as const) {
      for (const autoVacuum of ['none', 'full', 'incremental'] as const) {
        const { steps, mode: planned } = plan({ mode, autoVacuum })
        expect(planned).toBe(mode)
        expect(steps.map(({ name }) => name)).toEqual(SQLITE_STEPS)
        for (const { reason } of steps) expect(reason).not.toBe('')
      }
    }
  })

  it('the same facts give the same plan', () => {
    expect(plan({ mode: 'full' })).toEqual(plan({ mode: 'full' }))
  })
})
