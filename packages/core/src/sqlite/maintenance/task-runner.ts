/**
 * The other side of {@link SqliteOffload}: runs long tasks on a connection of its own, in a process or worker that has
 * nothing else to do. Here waiting inside SQLite harms nobody.
 */
import { OpenedFile } from '../opened-file.ts'
import type { FileIdentity, OffloadResult, OffloadTask, SqliteDatabase, SqliteFiles, SqlitePort } from '../port.ts'
import { applyPragmas, readPragma } from '../pragmas.ts'
import { classifySqliteError } from '../sqlite-errors.ts'
import type { ResolvedSqliteOptions } from '../sqlite-options.ts'
import { runAnalyze, runIntegrity } from './offloaded-steps.ts'
import { runReclaim } from './reclaim.ts'
import { runVacuum } from './run-vacuum.ts'

const BUSY_TIMEOUT_MS = 2000

/**
 * Runs long maintenance tasks on a connection of its own, which it opens at the first task and holds until closed. Where
 * it is told which files the store has open, it works on no others.
 */
export class SqliteTaskRunner {
  readonly #port: SqlitePort
  readonly #path: string
  readonly #options: ResolvedSqliteOptions
  readonly #file: OpenedFile
  #db: SqliteDatabase | undefined
  /** Opened for reading only; see {@link close}. */
  #keeper: SqliteDatabase | undefined

  /** `path` is absolute; `options` are those of the store. */
  constructor(
    port: SqlitePort,
    path: string,
    options: ResolvedSqliteOptions,
    file?: { readonly identity: FileIdentity | undefined; readonly files: SqliteFiles },
  ) {
    this.#port = port
    this.#path = path
    this.#options = options
    this.#file = new OpenedFile(path, file)
  }

  /** Runs one task to its end. @throws StoreError, REPLACED among them */
  run(task: OffloadTask): OffloadResult {
    try {
      this.#file.assertSame()
      this.#db ??= this.#open()
      return runTask(this.#port, this.#db, task)
    } catch (error) {
      throw classifySqliteError(this.#port, error, task.name)
    }
  }

  /**
   * Closes its connections; the next task would open them anew. The last one to be closed may copy the log into the
   * database and remove it by its name: if the files are not those of the store any more, that must be one that cannot.
   */
  close(): void {
    const [first, last] = this.#file.isSame() ? [this.#keeper, this.#db] : [this.#db, this.#keeper]
    this.#db = undefined
    this.#keeper = undefined
    try {
      first?.close()
    } finally {
      last?.close()
    }
  }

  #open(): SqliteDatabase {
    const db = this.#port.open(this.#path, { readOnly: this.#options.readOnly, mustExist: true })
    try {
      // Before SQLite reads anything, and with it a log that may belong to another file.
      this.#file.assertSame()
      applyPragmas(db, this.#options, 'maintenance')
      db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
      // A checkpoint must be on the disk before the log is used again.
      db.exec('PRAGMA synchronous = FULL')
      if (this.#file.isWatching && !this.#options.readOnly) this.#keeper = this.#openKeeper()
      return db
    } catch (error) {
      db.close()
      throw error
    }
  }

  #openKeeper(): SqliteDatabase {
    const keeper = this.#port.open(this.#path, { readOnly: true, mustExist: true, plain: true })
    keeper.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    readPragma(keeper, 'schema_version')
    return keeper
  }
}

/**
 * What holds the write lock, that of the store or that of SQLite, waits for nobody: RESTART and TRUNCATE would wait for
 * readers, and a chunk of reclaim for another process.
 */
function withoutWaiting<T>(db: SqliteDatabase, work: () => T): T {
  db.exec('PRAGMA busy_timeout = 0')
  try {
    return work()
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/**
 * Writes the database to the empty file `path`, whose mode stays as it is.
 * Source: https://www.sqlite.org/lang_vacuum.html#vacuuminto
 */
export function runBackupTask(db: SqliteDatabase, path: string): void {
  const queryOnly = readPragma(db, 'query_only')
  // It forbids to write any file. A connection that was opened for reading only stays so.
  db.exec('PRAGMA query_only = 0')
  try {
    db.prepare('VACUUM INTO ?').run([path])
  } finally {
    db.exec(`PRAGMA query_only = ${queryOnly}`)
  }
}

/** Checks a file that nobody else has open. It is opened as its database is: an index may need a function. */
export function runVerifyTask(port: SqlitePort, path: string): OffloadResult {
  const db = port.open(path, { readOnly: true, mustExist: true })
  try {
    return runIntegrity(db, 'quick')
  } finally {
    db.close()
  }
}

function runTask(port: SqlitePort, db: SqliteDatabase, task: OffloadTask): OffloadResult {
  switch (task.name) {
    case 'vacuum':
      runVacuum(db)
      return []
    case 'checkpoint':
      return withoutWaiting(db, () => db.prepare(`PRAGMA wal_checkpoint(${task.mode})`).all([]))
    case 'reclaim':
      return withoutWaiting(db, () => [{ left: runReclaim(db, task.pages) }])
    case 'shrink':
      db.exec('PRAGMA shrink_memory')
      return []
    case 'integrity':
      return runIntegrity(db, task.mode)
    case 'analyze':
      runAnalyze(db, task.mode)
      return []
    case 'backup':
      runBackupTask(db, task.path)
      return []
    case 'verify':
      return runVerifyTask(port, task.path)
  }
}
