/** Opens the engine of the native backend: the driver, the path, the parts that only Node has. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type AmbientScope, type Clock, type Engine, StoreError, type StoreLog } from '@upkeep/core'
import { openSqliteEngine, type SqliteExecutors, type SqlitePort } from '@upkeep/core/sqlite'
import { nodeBackupFiles } from './backup-file.ts'
import { loadBetterSqlite3, type NativePort } from './better-sqlite3-port.ts'
import { prepareDatabasePath } from './database-path.ts'
import { chooseJournal, fileSystemOf } from './file-system.ts'
import { HousekeepingThread } from './housekeeping-thread.ts'
import { MaintenanceProcess } from './maintenance-process.ts'
import type { ConnectionSetup, ResolvedNativeOptions } from './native-options.ts'
import { nodeFiles } from './node-files.ts'
import { nodeMemory } from './node-memory.ts'
import { loadedAddonPath } from './workers/addon-path.ts'
import { ProcessExecutors } from './workers/process-executors.ts'
import type { ProcessData } from './workers/process-messages.ts'
import { ThreadExecutors } from './workers/thread-executors.ts'

/** What comes from the store. */
export interface NativeRuntime {
  readonly clock: Clock
  readonly log: StoreLog
  readonly signal?: AbortSignal | undefined
}

/** @throws StoreError, before anything on disk is changed where that is possible */
export async function openNativeEngine(
  path: string,
  options: ResolvedNativeOptions,
  runtime: NativeRuntime,
): Promise<Engine> {
  const { sqlite, createDirectory, onReplaced, networkFileSystem, setup, interrupt, inlineBudgetMs, pool } = options
  const port = await loadBetterSqlite3(setup, { guard: { interrupt, log: runtime.log } })
  const absolute = prepareDatabasePath(path, { readOnly: sqlite.readOnly, createDirectory })
  const journal =
    absolute === ':memory:' ? 'wal' : chooseJournal(fileSystemOf(absolute), networkFileSystem, runtime.log)
  const executors = executorsFor(port, { path: absolute, options: sqlite, setup, maxWorkers: pool.max })
  return openSqliteEngine({
    name: 'sqlite-native',
    port,
    path: absolute,
    options: sqlite,
    files: nodeFiles,
    backups: nodeBackupFiles,
    workers: executors && { executors, pool },
    // Without the library nothing is stopped on this thread.
    inlineBudgetMs: inlineBudgetMs === false || port.interrupts === undefined ? undefined : inlineBudgetMs,
    memory: nodeMemory(port.interrupts),
    openThread: mayHaveThreads()
      ? (file) => new HousekeepingThread({ path: absolute, options: sqlite, setup, file })
      : undefined,
    openOffload: (file) => new MaintenanceProcess({ path: absolute, options: sqlite, setup, file }),
    onReplaced,
    journal,
    asyncContext: new AsyncLocalStorage<AmbientScope | undefined>(),
    customFunctions: customFunctions(port, setup),
    ownerName: `process ${process.pid}`,
    ...runtime,
  })
}

/** Threads, where what they run can be stopped; else processes that only read, and are killed; else nothing. */
function executorsFor(port: NativePort, data: ProcessData): SqliteExecutors | undefined {
  if (!mayHaveThreads()) return undefined
  if (port.interrupts !== undefined) return new ThreadExecutors(data, port.interrupts, loadedAddonPath)
  return process.permission?.has('child') === false ? undefined : new ProcessExecutors(data)
}

/** Source: https://nodejs.org/api/permissions.html */
function mayHaveThreads(): boolean {
  return process.permission?.has('worker') !== false
}

/** The functions that a set-up connection has and a plain one has not. */
function customFunctions(port: SqlitePort, setup: ConnectionSetup): readonly string[] {
  if (setup.extensions.length === 0 && setup.setupModule === undefined) return []
  const builtIn = functionNames(port, true)
  return [...functionNames(port, false)].filter((name) => !builtIn.has(name))
}

function functionNames(port: SqlitePort, plain: boolean): ReadonlySet<string> {
  try {
    const db = port.open(':memory:', { readOnly: false, mustExist: false, plain })
    try {
      return new Set(
        db
          .prepare('SELECT DISTINCT name FROM pragma_function_list')
          .all([])
          .map((row) => String(row.name)),
      )
    } finally {
      db.close()
    }
  } catch (error) {
    const nativeCode = port.resultCode(error)
    throw new StoreError('INVALID_ARGUMENT', 'the extensions or the setupModule could not be set up', {
      operation: 'open',
      nativeCode,
      cause: error,
    })
  }
}
