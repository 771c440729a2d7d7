/** What the engine of SQLite is opened with, and what it can do then. */
import type { AsyncContext } from '../contract/backend.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { ExecutorPoolOptions, SqliteExecutors } from './executors/executor.ts'
import type { FileIdentity, SqliteBackupFiles, SqliteFiles, SqliteMemory, SqliteOffload, SqlitePort } from './port.ts'
import type { JournalKind } from './pragmas.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'
import { type StatementStopper, vacuumsHere } from './statement-stopper.ts'

/** What is done about a file that was replaced. */
export type OnReplaced = 'fail' | 'reopen'

/** What a SQLite backend opens its engine with. */
export interface SqliteEngineOptions {
  /** The backend's name. */
  readonly name: string
  /** The driver. */
  readonly port: SqlitePort
  /** An absolute path, or `:memory:`. */
  readonly path: string
  /** How the database is called in reports. @default path */
  readonly location?: string | undefined
  /** The shared options, as `resolveSqliteOptions` gives them. */
  readonly options: ResolvedSqliteOptions
  /** Time, for every wait. */
  readonly clock: Clock
  /** Where the engine tells what nobody awaits. */
  readonly log: StoreLog
  /** What may be asked of the file system; absent for databases that are not files. */
  readonly files?: SqliteFiles | undefined
  /** Opens the process or worker for long tasks; without it they run where the store runs, and there is no full VACUUM. */
  readonly openOffload?: ((file: FileIdentity | undefined) => SqliteOffload) | undefined
  /**
   * Threads or processes with a connection each, for statements that take long; without them a statement is stopped by
   * its timeout alone, where the driver has a guard, and stays on the caller's thread. @default none
   */
  readonly workers?: { readonly executors: SqliteExecutors; readonly pool: ExecutorPoolOptions } | undefined
  /**
   * In milliseconds: how long a statement on its own may hold the caller's thread before it is stopped and run again on
   * a worker; `undefined` without a guard. @default none
   */
  readonly inlineBudgetMs?: number | undefined
  /**
   * Opens a thread for tasks that are too long for the caller's and too short for a process: it copies the log. It takes
   * a task while another is under way, does one after the other, and starts anew if it has died. Only asked for
   * together with {@link SqliteEngineOptions.files}. @default none: then commits copy the log
   */
  readonly openThread?: ((file: FileIdentity | undefined) => SqliteOffload) | undefined
  /** What may be asked of the memory of this process. @default nothing */
  readonly memory?: SqliteMemory | undefined
  /**
   * Makes the files that backups are written to; without it, and for a file without {@link SqliteEngineOptions.openOffload},
   * there are none. @default none
   */
  readonly backups?: SqliteBackupFiles | undefined
  /** What is done when another file is found at the path. Needs {@link SqliteFiles.look}. @default 'fail' */
  readonly onReplaced?: OnReplaced | undefined
  /**
   * `rollback` for a file system that gives processes no memory in common; then there is one connection.
   * Source: https://www.sqlite.org/wal.html
   * @default 'wal'
   */
  readonly journal?: JournalKind | undefined
  /** An `AsyncLocalStorage` or the like, for `NESTED_USE` and `detached()`. @default none */
  readonly asyncContext?: AsyncContext | undefined
  /**
   * Names of functions that the application defines on every connection: statements that call one run on the writer.
   * @default none
   */
  readonly customFunctions?: readonly string[] | undefined
  /** How this process names itself to another one that waits for it. @default 'another store' */
  readonly ownerName?: string | undefined
  /**
   * Whether the file has a single connection for everything, that nobody else may have beside it: `locking_mode` is
   * exclusive. Source: https://www.sqlite.org/pragma.html#pragma_locking_mode
   * @default false
   */
  readonly exclusive?: boolean | undefined
  /** Whether the engine has a thread of its own, so that what it does holds nobody else's. @default false */
  readonly ownThread?: boolean | undefined
  /** Stops statements that run, if the driver can look up from one. @default none */
  readonly stopper?: StatementStopper | undefined
  /** Gives up opening. @default none */
  readonly signal?: AbortSignal | undefined
}

/** What an engine over `set` can do. */
export function sqliteCapabilities(
  { port, openOffload, asyncContext, backups, workers, ownThread = false, stopper }: SqliteEngineOptions,
  set: ConnectionSet,
  { openThread }: { readonly openThread: unknown },
): Capabilities {
  const isFile = !set.isMemory
  const elsewhere = openThread === undefined ? 'process' : 'worker'
  return Object.freeze({
    cancellation: stopper === undefined ? cancellationOf(workers?.executors, set) : 'interrupt',
    workers: workers?.executors.canWrite === true && set.readers !== undefined,
    vacuum: vacuumOf(openOffload !== undefined, set),
    maintenance: isFile && openOffload !== undefined ? elsewhere : ownThread ? 'worker' : 'inline',
    singleMaintainer: set.isSingle ? false : 'file',
    concurrentReads: set.reader !== undefined,
    concurrentWrites: false,
    asyncContext: asyncContext !== undefined,
    multiProcess: !set.isSingle,
    persistent: isFile,
    writable: !set.options.readOnly,
    writeAheadLog: set.hasWriteAheadLog,
    checkpointer: openThread === undefined ? false : 'thread',
    incrementalReclaim: true,
    reopen: set.guard.isWatching,
    // Beside others, their commits would not be heard.
    changeNotice: port.tellsChanges === true && set.isSingle,
    backup: backups === undefined ? false : backupWay(isFile, openOffload !== undefined),
  } satisfies Capabilities)
}

/** Workers are where a statement can be stopped while the loop turns; a guard alone knows of nothing but time. */
function cancellationOf(executors: SqliteExecutors | undefined, set: ConnectionSet): Capabilities['cancellation'] {
  if (executors !== undefined && set.readers !== undefined) return executors.canWrite ? 'interrupt' : 'process'
  return set.writer.db.guard === undefined ? false : 'deadline'
}

function vacuumOf(hasOffload: boolean, set: ConnectionSet): Capabilities['vacuum'] {
  if (set.isMemory) return false
  if (hasOffload) return 'process'
  return vacuumsHere(set) ? 'worker' : false
}

/** To copy a file takes too long for the caller's thread. */
function backupWay(isFile: boolean, hasOffload: boolean): Capabilities['backup'] {
  if (!isFile) return 'inline'
  return hasOffload ? 'process' : false
}
