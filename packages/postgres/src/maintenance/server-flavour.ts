/**
 * Which Postgres it is, from what it says of itself. Pure. Many servers speak the protocol and do not have all of the
 * maintenance; what one lacks is a step that is skipped, with the reason that stands here.
 *
 * What this knows of the flavours is from their documentation and from recorded answers.
 */
import type { MaintenanceStepName } from '@upkeep/core'

/** The flavours that are told apart. */
export type FlavourName =
  | 'postgres'
  | 'alloydb'
  | 'aurora'
  | 'aurora-dsql'
  | 'azure'
  | 'citus'
  | 'cloud-sql'
  | 'cockroachdb'
  | 'greenplum'
  | 'materialize'
  | 'neon'
  | 'rds'
  | 'redshift'
  | 'supabase'
  | 'timescaledb'
  | 'yugabytedb'

/** What a server says of itself. What was not asked, or not answered, is empty. */
export interface ServerAnswers {
  /** `select version()`. */
  readonly version: string
  /** The host that was connected to. */
  readonly host: string
  /** Prefixes of setting names: `rds` of `rds.extensions`. */
  readonly settingPrefixes: readonly string[]
  readonly extensions: readonly string[]
}

/** What follows from the flavour. */
export interface ServerFlavour {
  readonly name: FlavourName
  /** Steps that it lacks, and why. */
  readonly missing: Readonly<Partial<Record<MaintenanceStepName, string>>>
  /** Whether `pg_try_advisory_lock` keeps a second session out. */
  readonly hasAdvisoryLocks: boolean
  /** Whether it has the system views of Postgres, which planning reads. */
  readonly hasStatisticsViews: boolean
}

type Traits = Omit<ServerFlavour, 'name'>

const FULL: Traits = { missing: {}, hasAdvisoryLocks: true, hasStatisticsViews: true }

const foreign = (why: string): Traits => ({
  missing: { vacuum: why, databaseStats: why, reindex: why, analyze: why, checkpoint: why },
  hasAdvisoryLocks: false,
  hasStatisticsViews: false,
})

const TRAITS: Readonly<Record<FlavourName, Traits>> = {
  postgres: FULL,
  citus: FULL,
  timescaledb: FULL,
  // Of these it is the role that may not do everything, which is asked of the server.
  alloydb: FULL,
  aurora: FULL,
  azure: FULL,
  'cloud-sql': FULL,
  neon: FULL,
  rds: FULL,
  supabase: FULL,
  'aurora-dsql': foreign('Aurora DSQL has no VACUUM, and keeps storage and statistics itself'),
  cockroachdb: foreign('CockroachDB has no VACUUM, and keeps storage and statistics itself'),
  materialize: foreign('Materialize has no VACUUM, and keeps storage and statistics itself'),
  redshift: foreign('Redshift vacuums and analyzes by itself, and knows none of these options'),
  greenplum: foreign('Greenplum has a VACUUM of its own, which is not known here'),
  yugabytedb: {
    missing: {
      vacuum: 'YugabyteDB answers VACUUM with a notice and does nothing: its storage compacts itself',
      databaseStats: 'YugabyteDB has no VACUUM',
      reindex: 'YugabyteDB builds no index anew while it is used',
      checkpoint: 'YugabyteDB answers CHECKPOINT with a notice and does nothing',
    },
    hasAdvisoryLocks: false,
    hasStatisticsViews: true,
  },
}

/** First those that say so in `version()`, and must not be asked what only Postgres knows. */
const BY_VERSION: readonly (readonly [RegExp, FlavourName])[] = [
  [/cockroachdb/i, 'cockroachdb'],
  [/-YB-|yugabyte/i, 'yugabytedb'],
  [/materialize/i, 'materialize'],
  [/redshift/i, 'redshift'],
  [/greenplum|cloudberry/i, 'greenplum'],
]

/** DSQL calls itself "PostgreSQL 16" and no more: only its host name tells. */
const DSQL_HOST = /\.dsql(-[a-z0-9-]+)?\.[a-z0-9-]+\.on\.aws$/i

/** The first that fits counts: a service is told before an extension that it has on offer. */
const BY_PREFIX: readonly (readonly [string, FlavourName])[] = [
  ['neon', 'neon'],
  ['alloydb', 'alloydb'],
  ['aurora', 'aurora'],
  ['apg_plan_mgmt', 'aurora'],
  ['rds', 'rds'],
  ['cloudsql', 'cloud-sql'],
  ['azure', 'azure'],
  ['supautils', 'supabase'],
]

const BY_EXTENSION: readonly (readonly [string, FlavourName])[] = [
  ['citus', 'citus'],
  ['timescaledb', 'timescaledb'],
]

/** The flavour that says so by its version or its host, before anything else is asked. */
export function flavourOfVersion({ version, host }: Pick<ServerAnswers, 'version' | 'host'>): FlavourName | undefined {
  if (DSQL_HOST.test(host)) return 'aurora-dsql'
  return BY_VERSION.find(([pattern]) => pattern.test(version))?.[1]
}

/** The flavour, and what follows. */
export function classifyFlavour(answers: ServerAnswers): ServerFlavour {
  const name =
    flavourOfVersion(answers) ??
    BY_PREFIX.find(([prefix]) => answers.settingPrefixes.includes(prefix))?.[1] ??
    BY_EXTENSION.find(([extension]) => answers.extensions.includes(extension))?.[1] ??
    'postgres'
  return { name, ...TRAITS[name] }
}
