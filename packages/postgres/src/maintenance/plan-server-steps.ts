/**
 * Which steps a run on a server will do, and why. Pure: the same facts and options give the same plan.
 */
import type { MaintenancePlan, MaintenanceRun, MaintenanceStepName } from '@upkeep/core'
import type { ServerFacts } from './detect-server.ts'
import type { ResolvedPostgresMaintenance } from './maintenance-options.ts'

/** The steps there are on Postgres, in their order. */
export const POSTGRES_STEPS: readonly PostgresStepName[] = Object.freeze([
  'inspect',
  'checkpoint',
  'vacuum',
  'databaseStats',
  'reindex',
  'analyze',
])

/** One of {@link POSTGRES_STEPS}. */
export type PostgresStepName = 'inspect' | 'checkpoint' | 'vacuum' | 'databaseStats' | 'reindex' | 'analyze'

/** What the plan is made from besides the run's options. */
export interface ServerPlanFacts {
  readonly server: ServerFacts
  readonly options: ResolvedPostgresMaintenance
  /** Tables that each step would take. */
  readonly vacuumCount: number
  readonly urgentCount: number
  readonly analyzeCount: number
  readonly indexCount: number
}

interface Decision {
  readonly run: boolean
  readonly reason: string
}

const yes = (reason: string): Decision => ({ run: true, reason })
const no = (reason: string): Decision => ({ run: false, reason })

/** The plan of a run. */
export function planServerSteps(run: MaintenanceRun, facts: ServerPlanFacts): MaintenancePlan {
  const names = POSTGRES_STEPS.filter((name) => run.steps === undefined || run.steps.includes(name))
  return { mode: run.mode, steps: names.map((name) => ({ name, ...decide(name, run, facts) })) }
}

/** Whether `name` is one of Postgres's. */
export function isPostgresStep(name: MaintenanceStepName): name is PostgresStepName {
  return (POSTGRES_STEPS as readonly string[]).includes(name)
}

function decide(name: PostgresStepName, run: MaintenanceRun, facts: ServerPlanFacts): Decision {
  const missing = facts.server.flavour.missing[name]
  if (missing !== undefined) return no(missing)
  const isNamed = run.steps !== undefined
  switch (name) {
    case 'inspect':
      return yes('always')
    case 'checkpoint':
      return decideCheckpoint(isNamed, run, facts)
    case 'vacuum':
      return decideTables(facts.vacuumCount, isNamed, run, facts.urgentCount)
    case 'databaseStats':
      return decideDatabaseStats(isNamed, run, facts)
    case 'reindex':
      return decideReindex(isNamed, run, facts)
    case 'analyze':
      return decideTables(facts.analyzeCount, isNamed, run, 0)
  }
}

/** Whoever has too few transactions left cannot wait for a better time. */
function decideTables(count: number, isNamed: boolean, run: MaintenanceRun, urgentCount: number): Decision {
  if (run.mode === 'light' && !isNamed)
    return urgentCount > 0 ? yes(`${tables(urgentCount)} close to a wraparound`) : no('not in mode light')
  return count === 0
    ? no('no table needs it')
    : yes(`${tables(count)}${urgentCount > 0 ? ', some close to a wraparound' : ''}`)
}

function decideDatabaseStats(
  isNamed: boolean,
  run: MaintenanceRun,
  { server, vacuumCount }: ServerPlanFacts,
): Decision {
  if (isNamed) return yes('asked for')
  if (server.version < 160_000) return no('before Postgres 16 every VACUUM does it')
  if (run.mode === 'light') return no('not in mode light')
  return vacuumCount === 0 ? no('nothing is vacuumed') : yes('what was vacuumed has moved the oldest transaction')
}

function decideReindex(isNamed: boolean, run: MaintenanceRun, { options, indexCount }: ServerPlanFacts): Decision {
  if (!isNamed && !options.reindex) return no('not asked for')
  if (!isNamed && run.mode === 'light') return no('not in mode light')
  return indexCount === 0 ? no('no index needs it') : yes(`${indexCount} ${indexCount === 1 ? 'index' : 'indexes'}`)
}

function decideCheckpoint(isNamed: boolean, run: MaintenanceRun, { options, server }: ServerPlanFacts): Decision {
  if (!isNamed && (!options.checkpoint || run.mode === 'light')) return no('not asked for')
  return server.canCheckpoint || isNamed
    ? yes('asked for')
    : no('it needs a superuser, or pg_checkpoint on 15 and newer')
}

function tables(count: number): string {
  return `${count} ${count === 1 ? 'table' : 'tables'}`
}
