/** Sizes of files of the WASM module, asked of SQLite's own file objects: nothing else may open them. */
import type { SqliteFiles } from '@upkeep/core/sqlite'
import { browser } from './browser-scope.ts'
import { wasStorageFull } from './full-storage.ts'
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'
import { storageFull, WasmSqliteError } from './wasm-connection.ts'

/** Places in `sqlite3_io_methods`. Source: https://www.sqlite.org/c3ref/io_methods.html */
const X_WRITE = 3 * 4
const X_FILE_SIZE = 6 * 4

export class WasmFiles implements SqliteFiles {
  readonly #sqlite3: Sqlite3
  readonly #connections = new Map<string, Pointer>()
  #freeBytes: number | undefined

  private constructor(sqlite3: Sqlite3) {
    this.#sqlite3 = sqlite3
  }

  /** Once it is known how much room there is. */
  static async open(sqlite3: Sqlite3): Promise<WasmFiles> {
    const files = new WasmFiles(sqlite3)
    await files.#estimate()
    return files
  }

  opened(path: string, db: Pointer): void {
    this.#connections.set(path, db)
  }

  closed(path: string): void {
    this.#connections.delete(path)
  }

  sizeBytes(path: string): number | undefined {
    const { SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER } = this.#sqlite3.capi
    const main = this.#connections.get(path)
    if (main !== undefined) return this.#size(main, SQLITE_FCNTL_FILE_POINTER)
    const ofLog = path.endsWith('-wal') ? this.#connections.get(path.slice(0, -'-wal'.length)) : undefined
    return ofLog && this.#size(ofLog, SQLITE_FCNTL_JOURNAL_POINTER)
  }

  /** There is one place by this name, and nobody can put another there. */
  identity(): string | undefined {
    return undefined
  }

  /** As of the last time it was asked, which asks anew. */
  freeBytes(): number | undefined {
    void this.#estimate()
    return this.#freeBytes
  }

  freeTempBytes(): number | undefined {
    return this.freeBytes()
  }

  /** Asks the browser, and answers what it says. */
  async estimate(): Promise<number | undefined> {
    await this.#estimate()
    return this.#freeBytes
  }

  /** Writes past SQLite to a file that it has open and has read nothing of. @throws WasmSqliteError */
  write(path: string, bytes: Uint8Array, offset: number): void {
    const { wasm, capi } = this.#sqlite3
    const db = this.#connections.get(path) ?? 0
    const from = wasm.exports.sqlite3_malloc(bytes.length)
    if (from === 0) throw new WasmSqliteError('SQLITE_NOMEM', 'the WASM module is out of memory')
    try {
      wasm.heap8u().set(bytes, from)
      const code = this.#withFile(db, capi.SQLITE_FCNTL_FILE_POINTER, (file, methods) =>
        wasm.functionEntry(wasm.peekPtr(methods + X_WRITE))(file, from, bytes.length, BigInt(offset)),
      )
      if (code !== 0 && wasStorageFull()) throw storageFull()
      if (code !== 0) throw new WasmSqliteError('SQLITE_IOERR_WRITE', 'the file could not be written')
    } finally {
      wasm.exports.sqlite3_free(from)
    }
  }

  async #estimate(): Promise<void> {
    const { usage, quota } = (await browser.navigator.storage?.estimate().catch(() => undefined)) ?? {}
    this.#freeBytes = quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage)
  }

  /** Where the methods of the database file `path` are; `undefined` while it is not open. */
  methods(path: string): Pointer | undefined {
    const db = this.#connections.get(path)
    return db && this.#withFile(db, this.#sqlite3.capi.SQLITE_FCNTL_FILE_POINTER, (_, methods) => methods || undefined)
  }

  #size(db: Pointer, which: number): number | undefined {
    const { wasm } = this.#sqlite3
    return this.#withFile(db, which, (file, methods, out) => {
      // A log that nobody has written to has no file yet.
      if (methods === 0) return 0
      const code = wasm.functionEntry(wasm.peekPtr(methods + X_FILE_SIZE))(file, out)
      return code === 0 ? Number(wasm.peek(out, 'i64')) : undefined
    })
  }

  /**
   * Calls `use` with a file of a connection, its methods, and eight bytes for it to write to.
   * Source: https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntljournalpointer
   */
  #withFile<T>(db: Pointer, which: number, use: (file: Pointer, methods: Pointer, out: Pointer) => T): T | undefined {
    const { capi, wasm } = this.#sqlite3
    const out = wasm.exports.sqlite3_malloc(8)
    try {
      if (capi.sqlite3_file_control(db, 'main', which, out) !== 0) return undefined
      const file = wasm.peekPtr(out)
      return use(file, file === 0 ? 0 : wasm.peekPtr(file), out)
    } finally {
      wasm.exports.sqlite3_free(out)
    }
  }
}
