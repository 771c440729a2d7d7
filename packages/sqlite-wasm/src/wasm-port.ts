/**
 * `@sqlite.org/sqlite-wasm` behind the port of `@upkeep/core/sqlite`. It runs in the worker that has the database.
 */
import type { OpenDatabaseOptions, SqliteDatabase, SqlitePort } from '@upkeep/core/sqlite'
import type { ProgressStopper } from './progress-stopper.ts'
import type { Sqlite3 } from './sqlite3-module.ts'
import { WasmConnection, WasmSqliteError } from './wasm-connection.ts'
import type { WasmFiles } from './wasm-files.ts'
import { WasmMemory } from './wasm-memory.ts'

/** What the port needs besides the module. */
export interface WasmPortOptions {
  /** Where files are; `null` where there are none. */
  readonly vfs: string | null
  /** Hears which files are open. @default nobody does */
  readonly files?: WasmFiles | undefined
  /** Looks up from statements. @default nobody does */
  readonly progress?: ProgressStopper | undefined
}

export class WasmPort implements SqlitePort {
  readonly tellsChanges = true
  readonly #sqlite3: Sqlite3
  readonly #memory: WasmMemory
  readonly #options: WasmPortOptions

  constructor(sqlite3: Sqlite3, options: WasmPortOptions) {
    this.#sqlite3 = sqlite3
    this.#memory = new WasmMemory(sqlite3)
    this.#options = options
  }

  open(path: string, { readOnly, mustExist, guarded = false, onCommit }: OpenDatabaseOptions): SqliteDatabase {
    const { SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE, SQLITE_OPEN_CREATE } = this.#sqlite3.capi
    const create = mustExist ? 0 : SQLITE_OPEN_CREATE
    const flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | create
    const isFile = path !== ':memory:'
    const { progress, files, vfs } = this.#options
    const connection = new WasmConnection(this.#sqlite3, this.#memory, {
      name: path,
      flags,
      vfs: isFile ? vfs : null,
      guard: guarded ? progress : undefined,
      onClose: () => files?.closed(path),
      onCommit,
    })
    if (isFile) files?.opened(path, connection.pointer)
    progress?.watch(this.#sqlite3, connection.pointer)
    // There is no shared memory for the index of the log: it must come before WAL, which it keeps in the heap.
    if (isFile) connection.exec('PRAGMA locking_mode = exclusive')
    return connection
  }

  resultCode(error: unknown): string | undefined {
    return error instanceof WasmSqliteError ? error.code : undefined
  }
}
