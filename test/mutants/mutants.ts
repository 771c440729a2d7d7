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
    find: '(await lifecycle.drain(ctx.drainMs, hurry))',
    replace: '0',
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
    file: `${SQLITE}/migration-lock.js`,
    find: 'const limit = this.#limit();',
    replace: 'return () => undefined;\nconst limit = this.#limit();',
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
    fault: 'a second look at the health of a store',
    file: `${CORE}/store/health-monitor.js`,
    find: 'this.#looking ??= this.#look()',
    replace: 'this.#looking = this.#look()',
    noticedBy: ['health', '1000 who ask at once'],
  },
  {
    fault: 'what is known of the health of a store never gets old',
    file: `${CORE}/store/health-monitor.js`,
    find: '< cacheMs ?',
    replace: '< Infinity ?',
    noticedBy: ['health', 'an answer is good for 5 s'],
  },
  {
    fault: 'a report of health can be changed by who gets it',
    file: `${CORE}/store/health-report.js`,
    find: 'return new Date(checkedAtMs);',
    replace: 'return (createHealthReport.shared ??= new Date(checkedAtMs));',
    noticedBy: ['health', 'nobody can change it'],
  },
  {
    fault: 'health waits for the write lock',
    file: `${SQLITE}/sqlite-health.js`,
    find: 'return retryWhileBusy(set.busy, signal, () => question((set.reader ?? set.writer).db));',
    replace: `return set.lock.acquire({ label: 'health' }, signal).then(() => {
      set.lock.release();
      return question(set.writer.db);
    });`,
    noticedBy: ['health', 'it answers beside > an open write transaction'],
  },
  {
    fault: 'what a callback threw is logged with its message',
    file: `${CORE}/maintenance/maintenance-runner.js`,
    find: "'onProgress threw', { error: errorLabel(error) }",
    replace: "'onProgress threw', { error: String(error) }",
    noticedBy: ['logging', 'a callback that throws or rejects'],
  },
  {
    fault: 'what SQLite repeats of a statement is told',
    file: `${SQLITE}/sqlite-errors.js`,
    find: 'withoutValues(said, phase)',
    replace: 'said',
    noticedBy: ['redaction', 'a literal where none may be'],
  },
  {
    fault: 'the driver’s error is the cause, whatever it repeats',
    file: `${SQLITE}/sqlite-errors.js`,
    find: 'cause: message === said ? error : undefined,',
    replace: 'cause: error,',
    noticedBy: ['redaction', 'a literal that does not end'],
  },
  {
    fault: 'a logger that throws breaks the store',
    file: `${CORE}/open/store-log.js`,
    find: 'try {\n            const answer = write(message, fields);',
    replace: 'write(message, fields);\n        try {\n            const answer = undefined;',
    noticedBy: ['logging', 'a logger that throws'],
  },
  {
    fault: 'withDeadline waits for its work',
    file: `${CORE}/abort/with-deadline.js`,
    find: 'return await raceAbort(begin(work, deadline.signal), deadline.signal, OPERATION);',
    replace: 'return await begin(work, new AbortController().signal);',
    noticedBy: ['deadline', 'withDeadline beside a held lock'],
  },
  {
    fault: 'maintenance runs overlap',
    file: `${CORE}/maintenance/maintenance-runner.js`,
    find: 'if (this.#current === undefined)',
    replace: 'if (true)',
    run: 'sqlite-native/memory',
    noticedBy: ['service', 'two services and calls of the application never overlap'],
  },
  {
    fault: 'a service begins a run beside its own',
    file: `${CORE}/service/service-runs.js`,
    find: 'if (this.#flight === undefined)',
    replace: 'if (true)',
    noticedBy: ['service', 'calls of runNow() share one run and its report'],
  },
  {
    fault: 'a run counts as success when a task failed',
    file: `${CORE}/service/service-runs.js`,
    find: "if (outcome === 'ok' && !dryRun)",
    replace: 'if (!dryRun)',
    noticedBy: ['service', 'a run in which a task failed is no success'],
  },
  {
    fault: 'the database notes a success when a task failed',
    file: `${CORE}/maintenance/maintenance-runner.js`,
    find: "report.finished().outcome === 'ok'",
    replace: 'true',
    noticedBy: ['tasks', 'one that fails keeps neither the next nor the steps from running'],
  },
  {
    fault: 'a task that was left behind is begun again',
    file: `${CORE}/maintenance/task-runner.js`,
    find: 'this.#leftBehind.add(task.name);',
    replace: ';',
    noticedBy: ['tasks', 'one that ignores its signal is left behind'],
  },
  {
    fault: 'the steps are planned before the tasks and not again',
    file: `${CORE}/maintenance/maintenance-runner.js`,
    find: 'options.tasks.length === 0 ? plan : await session.plan()',
    replace: 'plan',
    noticedBy: ['tasks', 'the steps see what they have freed'],
  },
  {
    fault: 'a service leaves its timer when it stops',
    file: `${CORE}/service/maintenance-service.js`,
    find: 'this.#timer.cancel();',
    replace: ';',
    noticedBy: ['serviceControl', 'aborts the run under way, waits for it, and the service starts again'],
  },
  {
    fault: 'migrate does not check foreign keys',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'beforeCommit: async () => check?.(),',
    replace: '',
    noticedBy: ['tableRebuild', 'one that loses a row'],
  },
  {
    fault: 'foreign keys act while a table is made anew',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'await foreignKeys?.suspend(session, {});',
    replace: '',
    noticedBy: ['tableRebuild', 'keeps the rows that refer to it'],
  },
  {
    fault: 'every row that refers to nothing is the fault of the migration',
    file: `${SQLITE}/foreign-keys.js`,
    find: '?.count ?? 0',
    replace: '?.nothing ?? 0',
    noticedBy: ['tableRebuild', 'what was broken before is not its fault'],
  },
  {
    fault: 'the declared schema is not verified',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'if (schema === undefined)',
    replace: 'if (true)',
    noticedBy: ['migrationRecords', 'a schema that is not there'],
  },
  {
    fault: 'migrations are not tried once more',
    file: `${CORE}/migrate/migration-runner.js`,
    find: '// A provider that reads a folder',
    replace: "throw refuse('SCHEMA_MISMATCH', 'at once'); //",
    noticedBy: ['migrationRecords', 'only the second look finds'],
  },
  {
    fault: 'half of a migration that failed is kept',
    file: `${CORE}/store/run-transaction.js`,
    find: 'await session.rollback().catch(() => undefined);',
    replace: 'await session.commit().catch(() => undefined);',
    noticedBy: ['migrate', 'one that fails leaves nothing'],
  },
  {
    fault: 'migrate takes no lock',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'await this.#parts.engine.lockMigrations({ signal: run.signal })',
    replace: '{ [Symbol.asyncDispose]: async () => undefined }',
    noticedBy: ['migrateStops', 'the lock of another store'],
  },
  {
    fault: 'who waits for a migrator cannot be aborted',
    file: `${SQLITE}/sqlite-engine.js`,
    find: 'await this.#migrationLock.acquire(signal)',
    replace: 'await this.#migrationLock.acquire(undefined)',
    noticedBy: ['migrateStops', 'the lock of another process'],
  },
  {
    fault: 'a migrator that gave up gives back the lock of another',
    file: `${SQLITE}/sqlite-adapter.js`,
    find: '#held = new WeakMap();',
    replace:
      '#held = { set(_, one) { this.one = one }, get() { return this.one }, delete() { this.one = undefined } };',
    noticedBy: ['migrationLock', 'one that gives up after ten minutes'],
  },
  {
    fault: 'close lets the next migration begin',
    file: `${CORE}/store/store-runner.js`,
    find: 'this.#lifecycle.assertOpen(operation);',
    replace: 'if (isCounted) this.#lifecycle.assertOpen(operation);',
    noticedBy: ['migrateStops', 'close waits for the migration that runs'],
  },
  {
    fault: 'a store whose onOpen failed stays open',
    file: `${CORE}/open/prepare-store.js`,
    find: 'await store.close(',
    replace: 'await (async () => undefined)(',
    noticedBy: ['opening', 'an onOpen that fails'],
  },
  {
    fault: 'the default of now has no milliseconds',
    file: `${CORE}/values/column-defaults.js`,
    find: '%fZ',
    replace: '%SZ',
    noticedBy: ['columnDefaults', 'now compares and sorts'],
  },
  {
    fault: 'a snapshot that a caller can change',
    file: `${CORE}/store/store-stats.js`,
    find: 'since: Object.freeze(new Date(counters.since)),',
    replace: 'since: counters.since,',
    noticedBy: ['metrics', 'nothing in it can be changed'],
  },
  {
    fault: 'the totals of maintenance in a snapshot can be changed',
    file: `${CORE}/maintenance/maintenance-tally.js`,
    find: 'runCount: Object.freeze(Object.fromEntries(this.#runs)),',
    replace: 'runCount: Object.fromEntries(this.#runs),',
    noticedBy: ['metrics', 'nothing in it can be changed'],
  },
  {
    fault: 'latencies are those of all time',
    file: `${CORE}/metrics/sliding-window.js`,
    find: 'if (nowMs >= this.#endsMs)',
    replace: 'if (false)',
    noticedBy: ['metrics', 'percentiles are those of the last minute'],
  },
  {
    fault: 'a statement that fails is not measured',
    file: `${CORE}/store/store-runner.js`,
    find: 'if (!Number.isNaN(startedMs))',
    replace: 'if (false)',
    noticedBy: ['metrics', 'a failure once'],
  },
  {
    fault: 'the event of a slow query holds the values',
    file: `${CORE}/store/slow-query-teller.js`,
    find: 'plan: () => explain(query)',
    replace: 'plan: Object.assign(() => explain(query), { [Symbol("query")]: query })',
    noticedBy: ['slowQueries', 'no value'],
  },
  {
    fault: 'the text of a slow query holds its literals',
    file: `${CORE}/store/slow-query-teller.js`,
    find: 'sql: redactLiterals(query.sql)',
    replace: 'sql: query.sql',
    noticedBy: ['slowQueries', 'no value'],
  },
  {
    fault: 'a plan runs what it explains',
    file: `${SQLITE}/explain.js`,
    find: 'const statement = prepare(set, set.reader ?? set.writer, sql);',
    replace:
      'set.writer.db.prepare(query.sql).run(bindParameters(query.parameters)); const statement = prepare(set, set.reader ?? set.writer, sql);',
    noticedBy: ['slowQueries', 'without running it'],
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
