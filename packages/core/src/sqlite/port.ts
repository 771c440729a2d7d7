/**
 * The small synchronous port over which everything SQLite is shared: what a driver must give, and no more.
 *
 * Errors. A driver's own errors pass through, and `resultCode` reads them. A `RangeError` or `TypeError` without a
 * result code is a mistake of the caller and becomes `INVALID_ARGUMENT`. A `StoreError` stays what it is.
 *
 * Waiting. Nothing here waits: a database is opened with a busy timeout of zero, and waiting is done above, by timer.
 */

import type { ChangedTables } from '../contract/change.ts'

/** A row: a fresh, ordinary object that is decoded in place. Of two columns with one name it has the last. */
export type SqliteRow = Record<string, unknown>

/**
 * A prepared statement. Parameters are such as SQLite can bind: null, number, bigint, string, Uint8Array. A wrong
 * number of them is refused with a `RangeError`. One statement is never iterated and run at the same time.
 */
export interface SqliteStatement {
  /** Whether it has result columns. Source: https://www.sqlite.org/c3ref/column_count.html */
  readonly returnsRows: boolean
  /**
   * `sqlite3_stmt_readonly`. Must be false for whatever may write; where it cannot be known it may be false for what
   * does not, which then runs on the writer. Source: https://www.sqlite.org/c3ref/stmt_readonly.html
   */
  readonly readOnly: boolean
  /** The result columns as of the last execution, or of `prepare`. */
  columns(): readonly SqliteColumn[]
  /** Runs it to its end and answers all rows. */
  all(parameters: readonly unknown[]): SqliteRow[]
  /** Runs one without result columns to its end. */
  run(parameters: readonly unknown[]): SqliteRunResult
  /** Opens the rows, one at a time. `return()` is called when the rest is not wanted. */
  iterate(parameters: readonly unknown[]): Iterator<SqliteRow>
  /**
   * Whether integers come as bigint. Off after `prepare`: they are numbers then, and those beyond 2^53 are rounded,
   * which is noticed above and read again exactly.
   */
  readExactIntegers(exact: boolean): void
}

/** A result column. */
export interface SqliteColumn {
  /** As it stands in the rows. */
  readonly name: string
  /** As in CREATE TABLE; null for expressions. Source: https://www.sqlite.org/c3ref/column_decltype.html */
  readonly declaredType: string | null
}

/** What a statement without rows did. */
export interface SqliteRunResult {
  /** Rows that this statement changed: 0 for CREATE or BEGIN, where `sqlite3_changes()` still has an older number. */
  readonly changes: number | bigint
  /** `sqlite3_last_insert_rowid()`; only used after an INSERT. */
  readonly lastInsertRowid: number | bigint
}

/**
 * Stops a statement that runs too long from outside of its thread, which is in SQLite and can do nothing itself. Both
 * calls are on the hot path: they must cost less than the smallest statement by far.
 */
export interface StatementGuard {
  /**
   * From here on the connection is interrupted once `limitMs` are over, again and again until {@link disarm}: an
   * interrupt that comes before the statement has begun is lost. Later is allowed, by some milliseconds; earlier is not.
   */
  arm(limitMs: number): void
  /** When this has returned, nothing is interrupted any more. Answers whether something was since {@link arm}. */
  disarm(): boolean
}

/** An open connection. */
export interface SqliteDatabase {
  /** The driver's own handle, for `withConnection`. */
  readonly raw: unknown
  /** Stops statements of this connection; absent where nothing can. */
  readonly guard?: StatementGuard | undefined
  /** Whether a transaction is open: the opposite of `sqlite3_get_autocommit()`. */
  readonly inTransaction: boolean
  /** Compiles exactly one statement; refuses none and several with a `RangeError`. */
  prepare(sql: string): SqliteStatement
  /** Runs statements without parameters, each to its end. */
  exec(sql: string): void
  /** Closes the connection; open statements are finalized. */
  close(): void
}

/** How a connection is opened. */
export interface OpenDatabaseOptions {
  /** Whether to open it with `SQLITE_OPEN_READONLY`. */
  readonly readOnly: boolean
  /** Whether a missing file is an error rather than a new database. */
  readonly mustExist: boolean
  /** Whether this is one of ours beside the database (a lock file): the application's extensions stay out of it. */
  readonly plain?: boolean | undefined
  /** Whether statements on it shall have limits, if the driver has a guard. @default false */
  readonly guarded?: boolean | undefined
  /**
   * Hears the tables that each commit of this connection has changed, see {@link SqlitePort.tellsChanges}. Must not throw.
   * @default nobody does
   */
  readonly onCommit?: ((tables: ChangedTables) => void) | undefined
}

/** A SQLite driver, as far as the core needs it. */
export interface SqlitePort {
  /** Whether it makes functions from text itself, so that more of them need no further permission. @default false */
  readonly generatesCode?: boolean | undefined
  /** Whether connections hear of their commits, {@link OpenDatabaseOptions.onCommit}. @default false */
  readonly tellsChanges?: boolean | undefined
  /**
   * Opens an absolute path, or a database in memory for `:memory:`. Called again and again, while others are open. New
   * files get mode 0600; no file is ever opened by other means, which would drop SQLite's locks on it. The application's
   * extensions and functions are set up on each connection.
   */
  open(path: string, options: OpenDatabaseOptions): SqliteDatabase
  /**
   * The name of the extended result code, e.g. `SQLITE_BUSY_SNAPSHOT`; `undefined` for what is no SQLite error.
   * Source: https://www.sqlite.org/rescode.html
   */
  resultCode(error: unknown): string | undefined
}

/** A file as `stat` has it: the part of Node's `Stats` that tells one file from another. */
export interface FileLook {
  /** The device; with {@link FileLook.ino} it is the file, whatever its name. */
  readonly dev: number | bigint
  /** The inode, or what stands for it. */
  readonly ino: number | bigint
  /** In bytes. */
  readonly size: number
  /** When it was last changed, in milliseconds; of a directory, when a name in it was. */
  readonly ctimeMs: number
}

/** The files that a store has open, in a form that another process can be told. */
export interface FileIdentity {
  /** Device and inode of the database. */
  readonly database: string
  /** Those of its write-ahead log, where it has one. */
  readonly log: string | undefined
}

/** What is asked of the file system, by `stat` alone. */
export interface SqliteFiles {
  /**
   * Looks at a file, or a directory, and follows links; `undefined` for what is not there. Before each write, so it has
   * to be cheap. Left out, the file is not watched: there is no `REPLACED`, and no `reopen()`.
   */
  readonly look?: ((path: string) => FileLook | undefined) | undefined
  /**
   * The directory of the file `path`, if its `ctimeMs` is sure to be another one whenever a name in it is given to
   * another file. @default it is not
   */
  readonly tellingDirectory?: ((path: string) => string | undefined) | undefined
  /** Renames a file that nobody here has open, and replaces none. Left out, nothing is set aside. */
  readonly setAside?: ((path: string, to: string) => void) | undefined
  /** Size in bytes; `undefined` for a file that is not there. */
  sizeBytes(path: string): number | undefined
  /** Device and inode, or what stands for them. For the report. */
  identity(path: string): string | undefined
  /** Bytes free on the disk of the file `path`; `undefined` where nobody can know it. */
  freeBytes(path: string): number | undefined
  /** Bytes free where SQLite puts temporary files. Source: https://www.sqlite.org/tempfiles.html */
  freeTempBytes(): number | undefined
}

/** The memory of this process. */
export interface SqliteMemory {
  /** What it takes of the machine's, in bytes; `undefined` where nobody can know it. */
  residentBytes(): number | undefined
  /** Has the C library give free memory back to the system: whether it had any, `undefined` where it cannot be asked. */
  trim(): boolean | undefined
}

/**
 * How a log is copied into its database. `NOOP` only tells how much there is to do, `PASSIVE` copies what it can beside
 * everybody; `RESTART` also lets the log begin anew, and `TRUNCATE` cuts the file off.
 * Source: https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
 */
export type CheckpointMode = 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE'

/** A long task that is done out of the caller's thread. */
export type OffloadTask =
  | { readonly name: 'vacuum' }
  | { readonly name: 'checkpoint'; readonly mode: CheckpointMode }
  /** Gives back free pages, at most so many; answers how many are `left`. */
  | { readonly name: 'reclaim'; readonly pages: number }
  /** Gives the memory of its page cache back. */
  | { readonly name: 'shrink' }
  | { readonly name: 'integrity'; readonly mode: 'quick' | 'full' }
  | { readonly name: 'analyze'; readonly mode: 'optimize' | 'full' }
  /** Writes the database to the empty file `path`. */
  | { readonly name: 'backup'; readonly path: string }
  /** Checks such a file. */
  | { readonly name: 'verify'; readonly path: string }

/** What a task answers: rows of its last statement. */
export type OffloadResult = readonly SqliteRow[]

/** Runs long tasks elsewhere; aborting kills the task wherever it is. */
export interface SqliteOffload {
  /** Whether a task costs no start: the process is there. */
  readonly isWarm: boolean
  /** Starts the process ahead of its first task. */
  warmUp(): void
  /** Runs one task at a time. @throws StoreError, for an aborted one once it has really ended */
  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult>
  /** Ends what was kept warm. */
  close(): Promise<void>
}

/** Makes the files that backups are written to. */
export interface SqliteBackupFiles {
  /**
   * Makes an empty file beside the target `path`, under a name of its own, readable by nobody else. What earlier backups
   * to this target have left behind, whose process has died, goes. `database` is the path of what is copied; `undefined`
   * for one in memory.
   *
   * @throws INVALID_ARGUMENT for a target that is the database, belongs to it, is there already and may not be replaced,
   * or is no place for a file; PERMISSION, READONLY, FULL
   */
  open(
    path: string,
    use: { readonly database: string | undefined; readonly overwrite: boolean },
  ): Promise<SqliteBackupFile>
}

/** A backup that is being written. It ends with one call of `publish` that succeeds, or of `discard`. */
export interface SqliteBackupFile {
  /** Absolute path of the target. */
  readonly target: string
  /** Absolute path to write to meanwhile. */
  readonly path: string
  /** Bytes written so far. */
  sizeBytes(): Promise<number>
  /** Bytes free on the disk of the target; `undefined` where nobody can know it. */
  freeBytes(): Promise<number | undefined>
  /** Puts what was written on the disk. Called when SQLite has closed the file. */
  sync(): Promise<void>
  /** Gives the file its name, in one step, and puts that on the disk. @throws as `SqliteBackupFiles.open` */
  publish(): Promise<void>
  /** Removes it. Never rejects. */
  discard(): Promise<void>
}
