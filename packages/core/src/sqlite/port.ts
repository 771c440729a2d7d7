/**
 * The small synchronous port over which everything SQLite is shared: what a driver must give, and no more.
 *
 * A driver's own errors pass through; `resultCode` reads them. Nothing here waits: a database is opened with a busy
 * timeout of zero, and waiting is done above, by timer.
 */

/** A row as the driver makes it. */
export type SqliteRow = Record<string, unknown>

/** A prepared statement. Parameters are already such as SQLite can bind: null, number, bigint, string, Uint8Array. */
export interface SqliteStatement {
  /** Whether it has result columns. */
  readonly returnsRows: boolean
  /** `sqlite3_stmt_readonly`. Also true for BEGIN, ATTACH and flag PRAGMAs. */
  readonly readOnly: boolean
  /** The result columns as of the last execution; `declaredType` is null for expressions. */
  columns(): readonly SqliteColumn[]
  all(parameters: readonly unknown[]): SqliteRow[]
  run(parameters: readonly unknown[]): SqliteRunResult
  iterate(parameters: readonly unknown[]): Iterator<SqliteRow>
  /** Whether integers come as bigint. Off after `prepare`. */
  readExactIntegers(exact: boolean): void
}

/** A result column. */
export interface SqliteColumn {
  readonly name: string
  readonly declaredType: string | null
}

/** What a statement without rows did. */
export interface SqliteRunResult {
  readonly changes: number | bigint
  readonly lastInsertRowid: number | bigint
}

/** An open connection. */
export interface SqliteDatabase {
  /** The driver's own handle, for `withConnection`. */
  readonly raw: unknown
  readonly inTransaction: boolean
  prepare(sql: string): SqliteStatement
  /** Runs statements without parameters or rows. */
  exec(sql: string): void
  close(): void
}

/** How a connection is opened. */
export interface OpenDatabaseOptions {
  readonly readOnly: boolean
  /** Whether a missing file is an error rather than a new database. */
  readonly mustExist: boolean
  /** Whether this is one of ours beside the database (a lock file): the user's extensions stay out of it. */
  readonly plain?: boolean | undefined
}

/** A driver. */
export interface SqlitePort {
  /** Opens `path`, or a database in memory for `:memory:`; the user's extensions and functions are set up on it. */
  open(path: string, options: OpenDatabaseOptions): SqliteDatabase
  /** The name of the extended result code, e.g. `SQLITE_BUSY_SNAPSHOT`; `undefined` for what is no SQLite error. */
  resultCode(error: unknown): string | undefined
}

/** What is asked of the file system, by `stat` alone: opening the file by other means would drop SQLite's locks. */
export interface SqliteFiles {
  /** `undefined` for a file that is not there. */
  sizeBytes(path: string): number | undefined
  /** Device and inode, or what stands for them. */
  identity(path: string): string | undefined
  /** Bytes free where `path` is, and where temporary files go; `undefined` where nobody can say. */
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
  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult>
  /** Ends what was kept warm. */
  close(): Promise<void>
}
