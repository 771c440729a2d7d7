/**
 * How Postgres answers `health()`: whether it can be read, and the findings that only it has.
 *
 * Each is one question to a catalog or a statistics view, so nothing here grows with the data. What the pool is like is
 * seen by the core, from `stats()`.
 * Source: https://www.postgresql.org/docs/current/monitoring-stats.html
 */
import { type HealthFinding, type HealthLimits, isStoreError } from '@upkeep/core'
import { warnAbove } from '@upkeep/core/backend'
import type { ServerConnection } from './server-connection.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

/** The oldest server that this is tested with. */
const OLDEST_MAJOR = 13
/**
 * Transactions: at 2^31 the server stops taking writes. Autovacuum begins at 200 million by default and hurries from
 * 1.6 thousand million on. Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
 */
const XID_AGE_WARN = 500_000_000
const XID_AGE_FAIL = 1_600_000_000
/** Transactions: what a snapshot that old keeps VACUUM from removing is felt. */
const XMIN_AGE_WARN = 10_000_000

/** Share of the rows that are dead, and from how many on it is looked at: small tables are all dead now and then. */
const DEAD_RATIO = 0.3
const DEAD_ROWS = 100_000

/** One row, so that it is one moment. */
const FACTS = `
  select pg_is_in_recovery() as "inRecovery",
    (select age(datfrozenxid) from pg_database where datname = current_database()) as "xidAge",
    (select max(age(backend_xmin)) from pg_stat_activity where pid <> pg_backend_pid()) as "sessionAge",
    (select max(greatest(age(xmin), age(catalog_xmin))) from pg_replication_slots) as "slotAge",
    (select max(age(transaction)) from pg_prepared_xacts where database = current_database()) as "preparedAge",
    (select coalesce(sum(n_dead_tup), 0)::float8 from pg_stat_user_tables) as "deadRows",
    (select coalesce(sum(n_live_tup), 0)::float8 from pg_stat_user_tables) as "liveRows"`

interface Facts {
  readonly inRecovery: boolean
  readonly xidAge: number
  readonly sessionAge: number | null
  readonly slotAge: number | null
  readonly preparedAge: number | null
  readonly deadRows: number
  readonly liveRows: number
}

/** Reads something, which `select 1` would not. */
export async function pingPostgres(
  runner: StatementRunner,
  connection: ServerConnection,
  limits: StatementLimits,
): Promise<void> {
  await runner.text(connection, 'select 1 from pg_catalog.pg_class limit 1', 'health', limits)
}

/** Looks at the server's role and age, and at who keeps old rows alive. */
export async function postgresHealth(
  runner: StatementRunner,
  connection: ServerConnection,
  isReadOnly: boolean,
  _limits: HealthLimits,
  limits: StatementLimits,
): Promise<readonly HealthFinding[]> {
  const facts = await factsOf(runner, connection, limits)
  if (facts === undefined) return [version(connection)]
  return [recovery(facts, isReadOnly), version(connection), xidAge(facts), xminAge(facts), deadRows(facts)]
}

/** `undefined` from a flavour that has not all of these views. */
async function factsOf(
  runner: StatementRunner,
  connection: ServerConnection,
  limits: StatementLimits,
): Promise<Facts | undefined> {
  try {
    return (await runner.text(connection, FACTS, 'health', limits)).rows[0] as unknown as Facts
  } catch (error) {
    if (isStoreError(error) && (error.code === 'SYNTAX' || error.code === 'UNSUPPORTED')) return undefined
    throw error
  }
}

/** Source: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW */
function deadRows({ deadRows: dead, liveRows: live }: Facts): HealthFinding {
  const text = `share of the rows that are dead, from 0 to 1; looked at when they are more than ${DEAD_ROWS}`
  const finding = warnAbove('dead_rows', text, dead === 0 ? 0 : dead / (dead + live), DEAD_RATIO)
  return dead > DEAD_ROWS ? finding : { ...finding, status: 'pass' }
}

function recovery({ inRecovery }: Facts, isReadOnly: boolean): HealthFinding {
  const text = 'whether the server is a standby, which takes no writes: 0 or 1'
  return { code: 'recovery', status: inRecovery && !isReadOnly ? 'fail' : 'pass', text, value: inRecovery ? 1 : 0 }
}

function version({ facts }: ServerConnection): HealthFinding {
  const major = Number.parseInt(facts.settings.get('server_version') ?? '', 10)
  const text = 'major version of the server; warn below the oldest that is tested'
  if (Number.isNaN(major)) return { code: 'server_version', status: 'pass', text }
  const status = major < OLDEST_MAJOR ? 'warn' : 'pass'
  return { code: 'server_version', status, text, value: major, limit: OLDEST_MAJOR }
}

function xidAge({ xidAge: age }: Facts): HealthFinding {
  const text = 'transactions since the oldest row that is not frozen; at 2147483648 the server takes no writes'
  const finding = warnAbove('xid_age', text, age, XID_AGE_WARN)
  return age > XID_AGE_FAIL ? { ...finding, status: 'fail' } : finding
}

/** Source: https://www.postgresql.org/docs/current/routine-vacuuming.html */
function xminAge({ sessionAge, slotAge, preparedAge }: Facts): HealthFinding {
  const holders = { 'a session': sessionAge, 'a replication slot': slotAge, 'a prepared transaction': preparedAge }
  const [oldest] = Object.entries(holders)
    .filter((holder): holder is [string, number] => holder[1] !== null)
    .sort(([, one], [, other]) => other - one)
  const text = `transactions since the oldest snapshot, which keeps dead rows from being removed; held by ${oldest?.[0] ?? 'nobody'}`
  return warnAbove('xmin_age', text, oldest?.[1] ?? 0, XMIN_AGE_WARN)
}
