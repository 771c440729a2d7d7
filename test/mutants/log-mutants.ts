// Faults of who looks after the write-ahead log: the checkpointer, and the watch over who holds it.
import { CORE, type Mutant, SQLITE } from './mutant.ts'

export const LOG_MUTANTS: readonly Mutant[] = [
  {
    fault: 'a checkpoint with a timeout',
    file: `${SQLITE}/maintenance/task-runner.js`,
    find: "db.exec('PRAGMA busy_timeout = 0');",
    replace: "db.exec('PRAGMA busy_timeout = 7000');",
    noticedBy: ['checkpointer', 'a reader that is in the way is not waited for'],
  },
  {
    fault: 'commits copy the log beside the thread',
    file: `${SQLITE}/checkpointer.js`,
    find: 'this.#resumeAutocheckpoint = await this.#locked(() => set.suspendAutocheckpoint());',
    replace: ';',
    noticedBy: ['checkpointer', 'while much is written the log stays below its limit'],
  },
  {
    fault: 'behind a reader the log grows as fast as memory takes it',
    file: `${SQLITE}/checkpointer.js`,
    find: 'await this.#syncCommits(isHeld && sizeAfterBytes > this.#sizes.sync);',
    replace: ';',
    noticedBy: ['heldLog', 'with durability normal commits are synced meanwhile'],
  },
  {
    fault: 'a stream is not known to hold the log',
    file: `${SQLITE}/sqlite-stream.js`,
    find: 'source.register(router.set.registry, query.sql);',
    replace: ';',
    noticedBy: ['heldLog', 'a stream is named, without values'],
  },
  {
    fault: 'a reader is told with the literals of its statement',
    file: `${SQLITE}/wal-ceiling.js`,
    find: 'sql: redactLiterals(sql)',
    replace: 'sql: redactLiterals(sql) && sql',
    noticedBy: ['heldLog', 'a stream is named, without values'],
  },
  {
    fault: 'a stream that was ended for its age ends in silence',
    file: `${SQLITE}/sqlite-stream.js`,
    find: 'this.#failure = reason;',
    replace: ';',
    noticedBy: ['heldLog', 'ends a stream that is older'],
  },
  {
    fault: 'a read-only transaction that was ended for its age goes on',
    file: `${CORE}/session/transaction-session.js`,
    find: 'if (this.doom(reason))',
    replace: 'if (true)',
    noticedBy: ['heldLog', 'ends a read-only transaction that is older'],
  },
]
