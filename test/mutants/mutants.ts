// Stores with one planted fault each. A mutant is a text patch of a built file, and the test that must notice it.
import type { TopicName } from '../src/topics.ts'

/** See the module. */
export interface Mutant {
  readonly fault: string
  /** Built file, from the folder of the packages. */
  readonly file: string
  /** Must be in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** The run it is planted in. @default 'sqlite-native/file' */
  readonly run?: string | undefined
  /** A topic, and a part of the name of the test in it that must fail. */
  readonly noticedBy: readonly [topic: TopicName, test: string]
}

const CORE = 'core/dist'
const SQLITE = 'core/dist/sqlite'

export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'BEGIN is deferred',
    file: `${SQLITE}/sqlite-connection.js`,
    find: 'control(sql) {',
    replace: "control(sql) { if (sql === 'BEGIN IMMEDIATE') sql = 'BEGIN';",
    noticedBy: ['processes', 'two stores on one database > transactions that read before they write'],
  },
  {
    fault: 'statements are routed by the read-only flag alone',
    file: `${SQLITE}/statement-router.js`,
    find: "if (kind !== 'read' || reader === undefined)",
    replace: 'if (reader === undefined)',
    noticedBy: ['statements', 'last_insert_rowid()'],
  },
  {
    fault: 'a PRAGMA is cached',
    file: `${SQLITE}/statement-router.js`,
    find: "if (kind === 'read' || kind === 'write')",
    replace: 'if (true)',
    run: 'sqlite-native/memory',
    noticedBy: ['statements', 'pragma foreign_keys = off that a pinned connection ran'],
  },
  {
    fault: 'a number is bound as REAL',
    file: `${SQLITE}/bind-values.js`,
    find: 'return BigInt(value);',
    replace: 'return value;',
    noticedBy: ['numbers', 'a bound integer is an integer'],
  },
  {
    fault: 'column types are stale after DDL elsewhere',
    file: `${SQLITE}/sqlite-statement.js`,
    find: 'if (this.#plan === undefined || this.#planVersion !== version) {',
    replace: 'if (this.#plan === undefined) {',
    noticedBy: ['columnTypes', 'another process made anew'],
  },
  {
    fault: 'COMMIT after an aborted statement',
    file: `${SQLITE}/sqlite-session.js`,
    find: 'this.#doomed ??= failure;',
    replace: ';',
    noticedBy: ['doomed', 'an aborted statement dooms store.transaction'],
  },
  {
    fault: 'the database file is opened and closed by another means in the process',
    file: 'sqlite-native/dist/node-files.js',
    find: 'sizeBytes: (path) => statSync(path,',
    replace: `sizeBytes: (path) => {
      const { openSync, closeSync } = process.getBuiltinModule('node:fs');
      for (const file of [path, path + '-shm']) try { closeSync(openSync(file, 'r')); } catch {}
      return nodeFiles.statSizeBytes(path);
    },
    statSizeBytes: (path) => statSync(path,`,
    noticedBy: ['file', 'light maintenance: what is written afterwards'],
  },
  {
    fault: 'a stream reads on the shared reader',
    file: `${SQLITE}/sqlite-stream.js`,
    find: 'const { readers, lock, busy } = router.set;',
    replace: `const { lock, busy, reader: shared } = router.set;
      const readers = shared && { lease: async () => shared, giveBack: () => undefined };`,
    noticedBy: ['streamBeside', 'while one is open, writes go on'],
  },
  {
    fault: 'a large integer is rounded',
    file: `${SQLITE}/row-decoder.js`,
    find: "if (typeof value === 'number' && mayBeRounded(value))",
    replace: 'if (false)',
    noticedBy: ['values', 'integer (count) > is the same'],
  },
  {
    fault: "a checkpoint's row is ignored",
    file: `${SQLITE}/maintenance/checkpoint.js`,
    find: 'if (!row.busy && after.walSizeBytes === 0)',
    replace: 'if (true)',
    noticedBy: ['reclaim', 'a checkpoint behind a reader of another process'],
  },
  {
    fault: 'close does not drain',
    file: `${CORE}/store/close-store.js`,
    find: 'const abandoned = await lifecycle.drain(ctx.drainMs, hurry);',
    replace: 'const abandoned = 0;',
    noticedBy: ['drain', 'waits for an open stream'],
  },
  {
    fault: 'close skips the final checkpoint',
    file: `${SQLITE}/sqlite-engine.js`,
    find: 'await this.#emptyLog();',
    replace: ';',
    noticedBy: ['file', 'close empties the log while another process has the file open (maintenanceOnClose: false)'],
  },
  {
    fault: 'reclaim reports space that the file still takes',
    file: `${SQLITE}/maintenance/inspection.js`,
    find: 'fileSizeBytes: path === undefined ? undefined : files?.sizeBytes(path),',
    replace: "fileSizeBytes: Number(readPragma(db, 'page_count')) * Number(readPragma(db, 'page_size')),",
    noticedBy: ['reclaim', 'no step claims space that the file still takes'],
  },
  {
    fault: 'an error loses its code',
    file: `${SQLITE}/sqlite-errors.js`,
    find: "CODES[primary] ?? 'UNKNOWN'",
    replace: "'UNKNOWN'",
    noticedBy: ['errors', 'a violated unique constraint'],
  },
  {
    fault: 'the error of ROLLBACK hides the first one',
    file: `${SQLITE}/sqlite-transaction.js`,
    find: 'if (this.#connection.inTransaction)',
    replace: 'if (true)',
    noticedBy: ['firstError', 'insert or rollback > db.transaction rejects with it'],
  },
  {
    fault: 'a capability that is false does not throw',
    file: `${CORE}/store/store-runner.js`,
    find: '&& this.#engine.capabilities.cancellation === false',
    replace: '&& false',
    noticedBy: ['cancellation', "'cancel query' is UNSUPPORTED"],
  },
  {
    fault: 'the migration lock does nothing',
    file: `${SQLITE}/sqlite-adapter.js`,
    find: 'const before = this.#inProcess;',
    replace: 'return;\nconst before = this.#inProcess;',
    noticedBy: ['migrationLock', 'two stores: the second waits'],
  },
  {
    fault: 'nested use is not recognised',
    file: `${SQLITE}/sqlite-engine.js`,
    find: 'if (scope === holder)',
    replace: 'if (false)',
    noticedBy: ['nestedUse', 'a write through the store inside its own transaction'],
  },
  {
    fault: 'a read-only transaction has no snapshot',
    file: `${SQLITE}/sqlite-transaction.js`,
    find: "this.#connection.control('BEGIN');",
    replace: ';',
    noticedBy: ['transaction', 'read only keeps the snapshot of its first read'],
  },
  {
    fault: 'the settings of a leased connection stay changed',
    file: `${SQLITE}/session-lease.js`,
    find: 'if (this.settingsChanged)',
    replace: 'if (false)',
    noticedBy: ['connection', 'PRAGMA foreign_keys acts on the connection and is restored'],
  },
  {
    fault: 'a nested block that failed is kept',
    file: `${CORE}/store/store-transaction.js`,
    find: 'await session.rollbackToSavepoint(name);',
    replace: '',
    noticedBy: ['nested', 'an error undoes the nested block only'],
  },
  {
    fault: 'ROLLBACK settles streams that are open instead of ending them',
    file: `${SQLITE}/sqlite-connection.js`,
    find: "this.#endCursors('the transaction of this stream was rolled back');",
    replace: 'this.settleCursors();',
    noticedBy: ['longStream', 'Kysely’s transactions roll back beside one'],
  },
  {
    fault: 'an abort is told after the commit',
    file: `${CORE}/store/store-runner.js`,
    find: 'if (isPast)',
    replace: 'if (false)',
    noticedBy: ['doomed', 'around COMMIT, what is told'],
  },
  {
    fault: 'a second maintainer is let in',
    file: `${SQLITE}/maintenance/sqlite-maintenance.js`,
    find: 'if (attempt?.held === false)',
    replace: 'if (false)',
    noticedBy: ['maintainer', 'while another process maintains'],
  },
  {
    fault: 'work is retried without being asked',
    file: `${CORE}/store/run-transaction.js`,
    find: '{ attempts: 1, backoffMs: 10,',
    replace: '{ attempts: 2, backoffMs: 10,',
    noticedBy: ['retry', 'without it the work runs once'],
  },
  {
    fault: 'a callback that fails for good is lost',
    file: `${CORE}/retention/delivery.js`,
    find: 'await this.#tell(ids);\n        this.#told = batch;',
    replace: 'this.#told = batch;\n        await this.#tell(ids);',
    noticedBy: [
      'retentionCallback',
      'it fails for good: the task is failed, and the next run begins with what was not told',
    ],
  },
  {
    fault: 'deleted ids are not kept until they are told',
    file: `${CORE}/retention/delete-rows.js`,
    find: 'await delivery?.keep(tx, ids)',
    replace: 'delivery && 0',
    noticedBy: ['retentionProcesses', 'a process that is killed in onDeleted, 0 batches told before'],
  },
  {
    fault: 'ids are told that are in the table again',
    file: `${CORE}/retention/delivery.js`,
    find: 'const gone = await this.#stillGone(ids);',
    replace: 'const gone = ids;',
    noticedBy: ['retentionCallback', 'what is there again is not told as gone'],
  },
  {
    fault: 'keepLatest deletes whatever its age',
    file: `${CORE}/retention/keep-latest.js`,
    find: 'if (maxAgeMs === undefined)',
    replace: 'if (true)',
    noticedBy: ['keepLatest', 'olderThan: of the others only those that are older go'],
  },
  {
    fault: 'the condition is not looked at by the statement that deletes',
    file: `${CORE}/retention/delete-rows.js`,
    find: '.where((eb) => selection.condition(eb))',
    replace: '',
    noticedBy: ['retention', 'a row that is touched after it was found stays'],
  },
]
