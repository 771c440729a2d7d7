/** What the engine of SQLite is opened with, and what it can do then. */
import type { AsyncContext } from '../contract/backend.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteBackupFiles, SqliteFiles, SqliteOffload, SqlitePort } from './port.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'
import type { StatementStopper } from './statement-stopper.ts'

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
  readonly openOffload?: (() => SqliteOffload) | undefined
  /**
   * Makes the files that backups are written to; without it, and for a file without {@link SqliteEngineOptions.openOffload},
   * there are none. @default none
   */
  readonly backups?: SqliteBackupFiles | undefined
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
  { openOffload, asyncContext, backups, ownThread = false, stopper }: SqliteEngineOptions,
  set: ConnectionSet,
): Capabilities {
  const isFile = !set.isMemory
  return Object.freeze({
    cancellation: stopper === undefined ? false : 'interrupt',
    vacuum: isFile && openOffload !== undefined ? 'process' : false,
    maintenance: isFile && openOffload !== undefined ? 'process' : ownThread ? 'worker' : 'inline',
    singleMaintainer: set.isSingle ? false : 'file',
    concurrentReads: set.reader !== undefined,
    asyncContext: asyncContext !== undefined,
    multiProcess: !set.isSingle,
    persistent: isFile,
    writable: !set.options.readOnly,
    writeAheadLog: set.hasWriteAheadLog,
    incrementalReclaim: true,
    backup: backups === undefined ? false : backupWay(isFile, openOffload !== undefined),
  } satisfies Capabilities)
}

/** To copy a file takes too long for the caller's thread. */
function backupWay(isFile: boolean, hasOffload: boolean): Capabilities['backup'] {
  if (!isFile) return 'inline'
  return hasOffload ? 'process' : false
}
