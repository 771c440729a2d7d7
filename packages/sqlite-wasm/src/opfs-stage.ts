/**
 * What is imported into a database in OPFS, in a file beside it. It takes its place by a transaction of SQLite's, so that
 * a worker that is ended at any moment leaves one of the two.
 *
 * Source: https://www.sqlite.org/backup.html
 */
import { StoreError } from '@upkeep/core'
import type { HostContext, SqliteDatabase } from '@upkeep/core/sqlite'
import type { ImportStage } from './import-host.ts'
import type { OpfsPool } from './opfs-pool.ts'
import type { ProgressStopper } from './progress-stopper.ts'
import type { Sqlite3 } from './sqlite3-module.ts'
import type { WasmConnection } from './wasm-connection.ts'
import type { WasmFiles } from './wasm-files.ts'
import type { WasmPort } from './wasm-port.ts'

/** The file, and its journal or what a conversion needs. */
const FILE_COUNT = 3
/** Between two looks at the signal. */
const STEP_PAGES = 256
const SQLITE_DONE = 101

/** What it needs of the worker. */
export interface OpfsStageParts {
  readonly sqlite3: Sqlite3
  readonly port: WasmPort
  readonly pool: OpfsPool
  readonly files: WasmFiles
  readonly progress: ProgressStopper
}

export class OpfsStage implements ImportStage {
  readonly #parts: OpfsStageParts
  readonly #path: string
  #db: SqliteDatabase

  private constructor(parts: OpfsStageParts, path: string) {
    this.#parts = parts
    this.#path = path
    this.#db = parts.port.open(path, { readOnly: false, mustExist: false })
  }

  /** @throws FULL where there is no room for the file and for the log of its transaction */
  static async open(parts: OpfsStageParts, name: string, size: number): Promise<OpfsStage> {
    const freeBytes = await parts.files.estimate()
    if (freeBytes !== undefined && freeBytes < 2 * size) {
      const message = `${2 * size} bytes are needed for the import, and ${freeBytes} are free`
      throw new StoreError('FULL', message, { operation: 'import' })
    }
    await parts.pool.reserve(FILE_COUNT)
    return new OpfsStage(parts, stagePath(name))
  }

  /** Of an import that was cut off. */
  static removeLeftovers(pool: OpfsPool, name: string): void {
    pool.remove(stagePath(name))
    pool.remove(`${stagePath(name)}-journal`)
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#parts.files.write(this.#path, bytes, offset)
  }

  /** Another connection: this one took the file for empty. */
  open(): SqliteDatabase {
    this.#db.close()
    this.#db = this.#parts.port.open(this.#path, { readOnly: false, mustExist: true })
    // If it is cut off, it is thrown away.
    this.#db.exec('PRAGMA journal_mode = off; PRAGMA synchronous = off; PRAGMA temp_store = file')
    return this.#db
  }

  replace(live: WasmConnection, ctx: HostContext): void {
    this.#convert(live, ctx)
    this.#parts.progress.run(ctx, () => this.#copyTo(live))
    // The log has the whole of it; the transaction is over, whatever comes of this.
    try {
      live.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // Then a later one does it.
    }
  }

  discard(): void {
    this.#db.close()
    this.#parts.pool.remove(this.#path)
    this.#parts.pool.remove(`${this.#path}-journal`)
  }

  /** A database with a log keeps the size of its pages. */
  #convert(live: WasmConnection, ctx: HostContext): void {
    const { progress } = this.#parts
    const pageSize = pageSizeOf(live)
    if (pageSizeOf(this.#db) === pageSize) return
    this.#db.exec(`PRAGMA page_size = ${pageSize}`)
    const vacuum = (): void => this.#db.exec('VACUUM')
    if (progress.runWriting === undefined) progress.run(ctx, vacuum)
    else progress.runWriting(ctx, undefined, vacuum)
  }

  #copyTo(live: WasmConnection): void {
    const { sqlite3, progress } = this.#parts
    const { capi } = sqlite3
    const from = this.#db.raw as WasmConnection
    const backup = capi.sqlite3_backup_init(live.pointer, 'main', from.pointer, 'main')
    if (backup === 0) throw live.error(1)
    let code = 0
    try {
      while (code === 0) {
        progress.lookUp()
        code = capi.sqlite3_backup_step(backup, STEP_PAGES)
      }
    } finally {
      const finished = capi.sqlite3_backup_finish(backup)
      if (code === SQLITE_DONE) code = finished === 0 ? SQLITE_DONE : finished
    }
    if (code !== SQLITE_DONE) throw live.error(code)
  }
}

function stagePath(name: string): string {
  return `/${name}-import`
}

function pageSizeOf(db: SqliteDatabase): number {
  return Number(db.prepare('PRAGMA page_size').all([])[0]?.page_size)
}
