/** The topics by name: those of every backend, and those of one dialect. */

import { lostSessions } from './postgres/lost-sessions.ts'
import { maintenancePostgres } from './postgres/maintenance-postgres.ts'
import { planChanges } from './postgres/plan-changes.ts'
import { serverAborts } from './postgres/server-aborts.ts'
import { changedTables } from './sqlite/changed-tables.ts'
import { checkpointer } from './sqlite/checkpointer.ts'
import { columnTypes } from './sqlite/column-types.ts'
import { connection } from './sqlite/connection.ts'
import { engineStats } from './sqlite/engine-stats.ts'
import { file } from './sqlite/file.ts'
import { firstError } from './sqlite/first-error.ts'
import { healthSqlite } from './sqlite/health-sqlite.ts'
import { heldLog } from './sqlite/held-log.ts'
import { longStatements } from './sqlite/long-statements.ts'
import { longStream } from './sqlite/long-stream.ts'
import { maintainer } from './sqlite/maintainer.ts'
import { numbers } from './sqlite/numbers.ts'
import { reclaim } from './sqlite/reclaim.ts'
import { reopening } from './sqlite/reopening.ts'
import { repeatedValues } from './sqlite/repeated-values.ts'
import { replaced } from './sqlite/replaced.ts'
import { statements } from './sqlite/statements.ts'
import { statistics } from './sqlite/statistics.ts'
import { tableRebuild } from './sqlite/table-rebuild.ts'
import { vacuum } from './sqlite/vacuum.ts'
import { workerTransactions } from './sqlite/worker-transactions.ts'
import type { Harness } from './suite/harness.ts'
import type { Topic } from './suite/suite.ts'
import { abortCounts } from './topics/abort-counts.ts'
import { backup } from './topics/backup.ts'
import { backupStops } from './topics/backup-stops.ts'
import { cancellation } from './topics/cancellation.ts'
import { changeNotice } from './topics/change-notice.ts'
import { close } from './topics/close.ts'
import { columnDefaults } from './topics/column-defaults.ts'
import { concurrency } from './topics/concurrency.ts'
import { deadline } from './topics/deadline.ts'
import { doomed } from './topics/doomed.ts'
import { drain } from './topics/drain.ts'
import { errors } from './topics/errors.ts'
import { expressions } from './topics/expressions.ts'
import { health } from './topics/health.ts'
import { keepLatestTopic } from './topics/keep-latest.ts'
import { lifecycle } from './topics/lifecycle.ts'
import { logging } from './topics/logging.ts'
import { maintenance } from './topics/maintenance.ts'
import { maintenanceControl } from './topics/maintenance-control.ts'
import { metrics } from './topics/metrics.ts'
import { migrate } from './topics/migrate.ts'
import { migrateStops } from './topics/migrate-stops.ts'
import { migrationLock } from './topics/migration-lock.ts'
import { migrationRecords } from './topics/migration-records.ts'
import { nested } from './topics/nested.ts'
import { nestedUse } from './topics/nested-use.ts'
import { opening } from './topics/opening.ts'
import { parameters } from './topics/parameters.ts'
import { processes } from './topics/processes.ts'
import { query } from './topics/query.ts'
import { redaction } from './topics/redaction.ts'
import { retention } from './topics/retention.ts'
import { retentionCallback } from './topics/retention-callback.ts'
import { retentionIds } from './topics/retention-ids.ts'
import { retentionProcesses } from './topics/retention-processes.ts'
import { retentionRefused } from './topics/retention-refused.ts'
import { retentionTables } from './topics/retention-tables.ts'
import { retentionTypes } from './topics/retention-types.ts'
import { retry } from './topics/retry.ts'
import { service } from './topics/service.ts'
import { serviceCheckpoint } from './topics/service-checkpoint.ts'
import { serviceControl } from './topics/service-control.ts'
import { serviceFuzz } from './topics/service-fuzz.ts'
import { slowQueries } from './topics/slow-queries.ts'
import { stream } from './topics/stream.ts'
import { streamBeside } from './topics/stream-beside.ts'
import { tasks } from './topics/tasks.ts'
import { tasksRefused } from './topics/tasks-refused.ts'
import { timeouts } from './topics/timeouts.ts'
import { transaction } from './topics/transaction.ts'
import { types } from './topics/types.ts'
import { values } from './topics/values.ts'

const COMMON_NAMES = [
  'lifecycle',
  'query',
  'values',
  'parameters',
  'expressions',
  'transaction',
  'nested',
  'nestedUse',
  'doomed',
  'retry',
  'concurrency',
  'processes',
  'stream',
  'streamBeside',
  'errors',
  'cancellation',
  'deadline',
  'timeouts',
  'maintenance',
  'maintenanceControl',
  'close',
  'drain',
  'migrationLock',
  'migrate',
  'migrateStops',
  'migrationRecords',
  'opening',
  'columnDefaults',
  'types',
  'health',
  'tasks',
  'tasksRefused',
  'service',
  'serviceControl',
  'serviceCheckpoint',
  'serviceFuzz',
  'retention',
  'retentionTables',
  'retentionRefused',
  'keepLatest',
  'retentionCallback',
  'retentionProcesses',
  'retentionIds',
  'retentionTypes',
  'redaction',
  'logging',
  'metrics',
  'abortCounts',
  'slowQueries',
  'backup',
  'backupStops',
  'changeNotice',
] as const

const SQLITE_NAMES = [
  'statements',
  'numbers',
  'connection',
  'columnTypes',
  'firstError',
  'longStream',
  'file',
  'replaced',
  'reopening',
  'reclaim',
  'vacuum',
  'statistics',
  'maintainer',
  'healthSqlite',
  'tableRebuild',
  'repeatedValues',
  'engineStats',
  'longStatements',
  'workerTransactions',
  'checkpointer',
  'heldLog',
  'changedTables',
] as const

const POSTGRES_NAMES = ['serverAborts', 'planChanges', 'lostSessions', 'maintenancePostgres'] as const

/** The name of a topic. */
export type TopicName = (typeof COMMON_NAMES)[number] | (typeof SQLITE_NAMES)[number] | (typeof POSTGRES_NAMES)[number]

const TOPICS: Readonly<Record<TopicName, Topic>> = {
  lifecycle,
  query,
  values,
  parameters,
  expressions,
  transaction,
  nested,
  nestedUse,
  doomed,
  retry,
  concurrency,
  processes,
  stream,
  streamBeside,
  errors,
  cancellation,
  deadline,
  timeouts,
  maintenance,
  maintenanceControl,
  close,
  drain,
  migrationLock,
  migrate,
  migrateStops,
  migrationRecords,
  opening,
  columnDefaults,
  types,
  tasks,
  tasksRefused,
  service,
  serviceControl,
  serviceCheckpoint,
  serviceFuzz,
  retention,
  retentionTables,
  retentionRefused,
  keepLatest: keepLatestTopic,
  retentionCallback,
  retentionProcesses,
  retentionIds,
  retentionTypes,
  redaction,
  logging,
  statements,
  numbers,
  connection,
  columnTypes,
  firstError,
  longStream,
  file,
  replaced,
  reopening,
  reclaim,
  vacuum,
  statistics,
  maintainer,
  health,
  healthSqlite,
  tableRebuild,
  repeatedValues,
  metrics,
  abortCounts,
  slowQueries,
  engineStats,
  longStatements,
  workerTransactions,
  checkpointer,
  heldLog,
  backup,
  backupStops,
  changeNotice,
  changedTables,
  serverAborts,
  planChanges,
  lostSessions,
  maintenancePostgres,
}

/** Every topic's name. */
export const TOPIC_NAMES: readonly TopicName[] = [...COMMON_NAMES, ...SQLITE_NAMES, ...POSTGRES_NAMES]

/** The topics that `dialect` has, or those of them that are named. @throws Error for a name that is none of them */
export function resolveTopics(
  dialect: Harness['dialect'],
  names: readonly string[] | undefined,
): readonly (readonly [string, Topic])[] {
  const known: readonly TopicName[] = [...COMMON_NAMES, ...(dialect === 'sqlite' ? SQLITE_NAMES : POSTGRES_NAMES)]
  return (names ?? known).map((name) => {
    const found = known.find((one) => one === name)
    if (found === undefined) throw new Error(`there is no topic "${name}"; ${dialect} has ${known.join(', ')}`)
    return [found, TOPICS[found]] as const
  })
}
