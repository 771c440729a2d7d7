// What of the suite `npm test` runs in a browser: the whole takes seven minutes, and is `pnpm test:browser`.
import type { TopicName } from '../src/topics.ts'

const isWhole = (import.meta as { env?: Record<string, string | undefined> }).env?.VITE_WHOLE_SUITE === 'yes'

/** What goes by way of shared memory where a page has it, and by another where not. */
const STOPPING: readonly TopicName[] = ['cancellation', 'timeouts', 'stream', 'longStatements', 'maintenance']

/** What a database in a worker of a page may do otherwise than one in Node. */
const PAGE: readonly TopicName[] = [
  ...STOPPING,
  'lifecycle',
  'opening',
  'close',
  'drain',
  'values',
  'errors',
  'transaction',
  'concurrency',
  'health',
  'service',
  'migrate',
  'changeNotice',
  'changedTables',
]

/** `undefined` for all. */
export const stoppingTopics: readonly TopicName[] | undefined = isWhole ? undefined : STOPPING
export const pageTopics: readonly TopicName[] | undefined = isWhole ? undefined : PAGE
