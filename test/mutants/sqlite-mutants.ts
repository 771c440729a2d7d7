// Faults of the engine of SQLite: values, statements, connections, transactions.
import { type Mutant, SQLITE } from './mutant.ts'

export const SQLITE_MUTANTS: readonly Mutant[] = [
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
    find: 'this.fate.lose(failure);',
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
    fault: 'close skips the final checkpoint',
    file: `${SQLITE}/sqlite-engine.js`,
    find: 'await this.#emptyLog();',
    replace: ';',
    noticedBy: ['file', 'close empties the log while another process has the file open (maintenanceOnClose: false)'],
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
    find: 'inTransaction ? this.#connection.undo',
    replace: 'true ? this.#connection.undo',
    noticedBy: ['firstError', 'insert or rollback > db.transaction rejects with it'],
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
    find: "await this.#connection.control('BEGIN');",
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
    fault: 'ROLLBACK settles streams that are open instead of ending them',
    file: `${SQLITE}/sqlite-connection.js`,
    find: "this.#endCursors('the transaction of this stream was rolled back');",
    replace: 'this.settleCursors();',
    noticedBy: ['longStream', 'Kysely’s transactions roll back beside one'],
  },
]
