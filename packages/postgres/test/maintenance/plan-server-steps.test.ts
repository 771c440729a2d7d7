import type { MaintenanceRun, MaintenanceStepName } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import type { ServerFacts } from '../../src/maintenance/detect-server.ts'
import {
  type PostgresMaintenanceOptions,
  resolvePostgresMaintenance,
} from '../../src/maintenance/maintenance-options.ts'
import { planServerSteps, type ServerPlanFacts } from '../../src/maintenance/plan-server-steps.ts'
import { classifyFlavour } from '../../src/maintenance/server-flavour.ts'

const SERVER: ServerFacts = {
  flavour: classifyFlavour({ version: 'PostgreSQL 18.4', host: 'db', settingPrefixes: [], extensions: [] }),
  version: 180_004,
  isStandby: false,
  isPooled: false,
  backendPid: 1,
  canCheckpoint: true,
  schema: 'public',
  searchPath: ['public'],
  databaseSizeBytes: 1,
}

interface Given {
  readonly mode?: MaintenanceRun['mode']
  readonly steps?: readonly MaintenanceStepName[]
  readonly options?: PostgresMaintenanceOptions
  readonly server?: Partial<ServerFacts>
  readonly counts?: Partial<ServerPlanFacts>
}

function planned({ mode = 'auto', steps, options, server, counts }: Given): readonly string[] {
  const run = { mode, steps } as unknown as MaintenanceRun
  const facts = { vacuumCount: 1, urgentCount: 0, analyzeCount: 1, indexCount: 1, ...counts }
  const plan = planServerSteps(run, {
    server: { ...SERVER, ...server },
    options: resolvePostgresMaintenance(options),
    ...facts,
  })
  expect(plan.steps.every(({ reason }) => reason.length > 0)).toBe(true)
  return plan.steps.filter(({ run: runs }) => runs).map(({ name }) => name)
}

describe('the plan', () => {
  it('in mode auto takes what needs it, and nothing unasked', () => {
    expect(planned({})).toEqual(['inspect', 'vacuum', 'databaseStats', 'analyze'])
    expect(planned({ counts: { vacuumCount: 0, analyzeCount: 0 } })).toEqual(['inspect'])
  })

  it('in mode light looks, and does not wait with a wraparound', () => {
    const options = { reindex: true, checkpoint: true }
    expect(planned({ mode: 'light', options })).toEqual(['inspect'])
    expect(planned({ mode: 'light', counts: { urgentCount: 1 } })).toEqual(['inspect', 'vacuum'])
  })

  it('reindexes and checkpoints by option, and by name', () => {
    const options = { reindex: true, checkpoint: true }
    expect(planned({ options })).toEqual(['inspect', 'checkpoint', 'vacuum', 'databaseStats', 'reindex', 'analyze'])
    expect(planned({ steps: ['reindex', 'checkpoint'] })).toEqual(['checkpoint', 'reindex'])
    expect(planned({ options: { checkpoint: true }, server: { canCheckpoint: false } })).not.toContain('checkpoint')
  })

  it('before 16 leaves the statistics of the database to VACUUM', () => {
    expect(planned({ server: { version: 150_018 } })).toEqual(['inspect', 'vacuum', 'analyze'])
    expect(planned({ steps: ['databaseStats'], server: { version: 150_018 } })).toEqual(['databaseStats'])
  })

  it('leaves out what the flavour lacks, also where it is asked for', () => {
    const flavour = classifyFlavour({ version: 'CockroachDB CCL v24', host: 'db', settingPrefixes: [], extensions: [] })
    expect(planned({ mode: 'full', server: { flavour } })).toEqual(['inspect'])
    expect(planned({ steps: ['vacuum'], server: { flavour } })).toEqual([])
  })
})

describe('an option that is none', () => {
  for (const options of [
    { vacuumFull: true },
    { reindex: 'yes' },
    { lockTimeoutMs: 0 },
    { leaseMs: 10 },
    { schemas: [] },
    { schemas: ['pg_catalog'] },
    { schemas: 'public' },
    { schema: ['public'] },
  ]) {
    it(`${JSON.stringify(options)} is INVALID_ARGUMENT`, () => {
      expect(() => resolvePostgresMaintenance(options as PostgresMaintenanceOptions)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    })
  }
})
