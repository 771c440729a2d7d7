/**
 * The small synchronous port over which everything SQLite is shared: what a driver must give, and no more.
 *
 * Errors. A driver's own errors pass through, and `resultCode` reads them. A `RangeError` or `TypeError` without a
 * result code is a mistake of the caller and becomes `INVALID_ARGUMENT`. A `StoreError` stays what it is.
 *
 * Waiting. Nothing here waits: a database is opened with a busy timeout of zero, and waiting is done above, by timer.
 */

/** A row: a fresh, ordinary object that is decoded in place. Of two columns with one name it has the last. */
export type SqliteRow = Record<string, unknown>

/**
 * A prepared statement. Parameters are such as SQLite can bind: null, number, bigint, string, Uint8Array. A wrong
 * number of them is refused with a `RangeError`. One statement is never iterated and run at the same time.
 */
export interface SqliteStatement {
  /** Whether it has result columns. */
  readonly returnsRows: boolean
  /**
   * `sqlite3_stmt_readonly`. Must be false for whatever may write; where it cannot be known it may be false for what
   * does not, which then runs on the writer.
   */
  readonly readOnly: boolean
  /** The result columns as of the last execution, or of `prepare`. */
  columns(): readonly SqliteColumn[]
  all(parameters: readonly unknown[]): SqliteRow[]
  run(parameters: readonly unknown[]): SqliteRunResult
  /** `return()` is called when the rest is not wanted. */
  iterate(parameters: readonly unknown[]): Iterator<SqliteRow>
  /**
   * Whether integers come as bigint. Off after `prepare`: they are numbers then, and those beyond 2^53 are rounded,
   * which is noticed above and read again exactly.
   */
  readExactIntegers(exact: boolean): void
}

/** A result column. */
export interface SqliteColumn {
  readonly name: string
  /** As in CREATE TABLE; null for expressions. */
  readonly declaredType: string | null
}

/** What a statement without rows did. */
export interface SqliteRunResult {
  /** Rows that this statement changed: 0 for CREATE or BEGIN, where `sqlite3_changes()` still has an older number. */
  readonly changes: number | bigint
  readonly lastInsertRowid: number | bigint
}

/** An open connection. */
export interface SqliteDatabase {
  /** The driver's own handle, for `withConnection`. */
  readonly raw: unknown
  readonly inTransaction: boolean
  /** Compiles exactly one statement; refuses none and several with a `RangeError`. */
  prepare(sql: string): SqliteStatement
  /** Runs statements without parameters, each to its end. */
  exec(sql: string): void
  close(): void
}

/** How a connection is opened. */
export interface OpenDatabaseOptions {
  readonly readOnly: boolean
  /** Whether a missing file is an error rather than a new database. */
  readonly mustExist: boolean
  /** Whether this is one of ours beside the database (a lock file): the application's extensions stay out of it. */
  readonly plain?: boolean | undefined
}

/** A driver. */
export interface SqlitePort {
  /**
   * Opens an absolute path, or a database in memory for `:memory:`. Called again and again, while others are open. New
   * files get mode 0600; no file is ever opened by other means, which would drop SQLite's locks on it. The application's
   * extensions and functions are set up on each connection.
   */
  open(path: string, options: OpenDatabaseOptions): SqliteDatabase
  /** The name of the extended result code, e.g. `SQLITE_BUSY_SNAPSHOT`; `undefined` for what is no SQLite error. */
  resultCode(error: unknown): string | undefined
}

/** What is asked of the file system, by `stat` alone. */
export interface SqliteFiles {
  /** `undefined` for a file that is not there. */
  sizeBytes(path: string): number | undefined
  /** Device and inode, or what stands for them. For the report. */
  identity(path: string): string | undefined
  /** Bytes free on the disk of the file `path`, and where temporary files go: a full VACUUM needs both. */
  freeBytes(path: string): number | undefined
  freeTempBytes(): number | undefined
}

/** A long task that is done out of the caller's thread. */
export type OffloadTask =
  | { readonly name: 'vacuum' }
  | { readonly name: 'checkpoint'; readonly mode: 'PASSIVE' | 'TRUNCATE' }
  | { readonly name: 'integrity'; readonly mode: 'quick' | 'full' }
  | { readonly name: 'analyze'; readonly mode: 'optimize' | 'full' }

/** What a task answers: rows of its last statement. */
export type OffloadResult = readonly SqliteRow[]

/** Runs long tasks elsewhere; aborting kills the task wherever it is. */
export interface SqliteOffload {
  /** Whether a task costs no start: the process is there. */
  readonly isWarm: boolean
  /** Starts the process ahead of its first task. */
  warmUp(): void
  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult>
  /** Ends what was kept warm. */
  close(): Promise<void>
}
