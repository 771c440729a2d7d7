/** The topics by name: those of every backend, and those of one dialect. */
import { columnTypes } from './sqlite/column-types.ts'
import { connection } from './sqlite/connection.ts'
import { engineStats } from './sqlite/engine-stats.ts'
import { file } from './sqlite/file.ts'
import { firstError } from './sqlite/first-error.ts'
import { longStream } from './sqlite/long-stream.ts'
import { maintainer } from './sqlite/maintainer.ts'
import { numbers } from './sqlite/numbers.ts'
import { reclaim } from './sqlite/reclaim.ts'
import { statements } from './sqlite/statements.ts'
import { statistics } from './sqlite/statistics.ts'
import { vacuum } from './sqlite/vacuum.ts'
import type { Harness } from './suite/harness.ts'
import type { Topic } from './suite/suite.ts'
import { cancellation } from './topics/cancellation.ts'
import { close } from './topics/close.ts'
import { concurrency } from './topics/concurrency.ts'
import { deadline } from './topics/deadline.ts'
import { doomed } from './topics/doomed.ts'
import { drain } from './topics/drain.ts'
import { errors } from './topics/errors.ts'
import { expressions } from './topics/expressions.ts'
import { lifecycle } from './topics/lifecycle.ts'
import { maintenance } from './topics/maintenance.ts'
import { maintenanceControl } from './topics/maintenance-control.ts'
import { metrics } from './topics/metrics.ts'
import { migrationLock } from './topics/migration-lock.ts'
import { nested } from './topics/nested.ts'
import { nestedUse } from './topics/nested-use.ts'
import { parameters } from './topics/parameters.ts'
import { processes } from './topics/processes.ts'
import { query } from './topics/query.ts'
import { retry } from './topics/retry.ts'
import { slowQueries } from './topics/slow-queries.ts'
import { stream } from './topics/stream.ts'
import { streamBeside } from './topics/stream-beside.ts'
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
  'maintenance',
  'maintenanceControl',
  'close',
  'drain',
  'migrationLock',
  'types',
  'metrics',
  'slowQueries',
] as const

const SQLITE_NAMES = [
  'statements',
  'numbers',
  'connection',
  'columnTypes',
  'firstError',
  'longStream',
  'file',
  'reclaim',
  'vacuum',
  'statistics',
  'maintainer',
  'engineStats',
] as const

/** The name of a topic. */
export type TopicName = (typeof COMMON_NAMES)[number] | (typeof SQLITE_NAMES)[number]

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
  maintenance,
  maintenanceControl,
  close,
  drain,
  migrationLock,
  types,
  statements,
  numbers,
  connection,
  columnTypes,
  firstError,
  longStream,
  file,
  reclaim,
  vacuum,
  statistics,
  maintainer,
  metrics,
  slowQueries,
  engineStats,
}

/** Every topic's name. */
export const TOPIC_NAMES: readonly TopicName[] = [...COMMON_NAMES, ...SQLITE_NAMES]

/** The topics that `dialect` has, or those of them that are named. @throws Error for a name that is none of them */
export function resolveTopics(
  dialect: Harness['dialect'],
  names: readonly string[] | undefined,
): readonly (readonly [string, Topic])[] {
  const known: readonly TopicName[] = dialect === 'sqlite' ? TOPIC_NAMES : COMMON_NAMES
  return (names ?? known).map((name) => {
    const found = known.find((one) => one === name)
    if (found === undefined) throw new Error(`there is no topic "${name}"; ${dialect} has ${known.join(', ')}`)
    return [found, TOPICS[found]] as const
  })
}
