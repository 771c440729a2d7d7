/** A connection of the WASM module behind the port of `@upkeep/core/sqlite`. */
import type { SqliteDatabase, SqliteStatement, StatementGuard } from '@upkeep/core/sqlite'
import { type RoomUse, roomUseOf } from './freeing-statement.ts'
import { wasStorageFull, withReserve } from './full-storage.ts'
import type { Pointer, Sqlite3, Sqlite3Exports } from './sqlite3-module.ts'
import type { WasmMemory } from './wasm-memory.ts'
import { type StatementOwner, WasmStatement } from './wasm-statement.ts'

/** It will be run more than once. Source: https://www.sqlite.org/c3ref/c_prepare_dont_log.html */
const SQLITE_PREPARE_PERSISTENT = 1

/** What SQLite has refused. */
export class WasmSqliteError extends Error {
  /** The name of the extended result code. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** As SQLite says it of a disk. */
export function storageFull(): WasmSqliteError {
  return new WasmSqliteError('SQLITE_FULL', 'the browser gives the database no more room')
}

/** How a connection is opened. */
export interface OpenConnection {
  readonly name: string
  readonly flags: number
  readonly vfs: string | null
  /** Keeps the time of its statements. */
  readonly guard?: StatementGuard | undefined
  readonly onClose?: (() => void) | undefined
}

export class WasmConnection implements SqliteDatabase, StatementOwner {
  readonly pointer: Pointer
  readonly exports: Sqlite3Exports
  readonly memory: WasmMemory
  readonly guard: StatementGuard | undefined
  readonly #sqlite3: Sqlite3
  /** Statements that nobody has any more; SQLite keeps them until they are finalized. */
  readonly #dropped = new FinalizationRegistry<Pointer>((statement) => this.#finalize(statement))
  readonly #statements = new Set<Pointer>()
  readonly #onClose: (() => void) | undefined
  #isOpen = true
  /** Whether nothing in the transaction may need room for good. */
  #onlyFrees = true

  /** @throws WasmSqliteError */
  constructor(sqlite3: Sqlite3, memory: WasmMemory, { name, flags, vfs, guard, onClose }: OpenConnection) {
    this.#sqlite3 = sqlite3
    this.#onClose = onClose
    this.guard = guard
    this.exports = sqlite3.wasm.exports
    this.memory = memory
    const { result: code, pointers } = memory.withPointers(1, (out) =>
      sqlite3.capi.sqlite3_open_v2(name, out, flags, vfs),
    )
    this.pointer = pointers[0] ?? 0
    if (code !== 0) {
      const error = this.error(code)
      this.exports.sqlite3_close_v2(this.pointer)
      throw error
    }
    sqlite3.capi.sqlite3_extended_result_codes(this.pointer, 1)
  }

  /** Handed to nobody: the handle that the store gives calls {@link exec}. */
  get raw(): unknown {
    return this
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get inTransaction(): boolean {
    return this.#isOpen && this.exports.sqlite3_get_autocommit(this.pointer) === 0
  }

  prepare(sql: string): SqliteStatement {
    this.assertOpen()
    const { statement, hasMore } = this.memory.withText(`${sql}\0`, (address, length) => {
      const first = this.#compile(address, length - 1)
      try {
        if (first.statement === 0) throw new RangeError('the text holds no statement')
        return { statement: first.statement, hasMore: this.#hasStatement(first.tail, address + length - 1) }
      } catch (error) {
        this.exports.sqlite3_finalize(first.statement)
        throw error
      }
    })
    if (hasMore) {
      this.exports.sqlite3_finalize(statement)
      throw new RangeError('the text holds more than one statement')
    }
    this.#statements.add(statement)
    const prepared = new WasmStatement(this, statement, roomUseOf(sql))
    this.#dropped.register(prepared, statement)
    return prepared
  }

  exec(sql: string): void {
    this.assertOpen()
    const use = roomUseOf(sql)
    this.memory.withText(`${sql}\0`, (address, length) => {
      const end = address + length - 1
      for (let next = address; next < end; ) {
        const { statement, tail } = this.#compile(next, end - next)
        next = tail
        if (statement !== 0) this.usingRoom(use, () => this.#runOnce(statement))
      }
    })
  }

  /** Runs `call` with the room that is kept for what frees some, if nothing else was done in its transaction. */
  usingRoom<T>(use: RoomUse, call: () => T): T {
    if (!this.inTransaction) this.#onlyFrees = true
    if (use === 'takes') this.#onlyFrees = false
    return this.#onlyFrees ? withReserve(call) : call()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose?.()
    for (const statement of this.#statements) this.exports.sqlite3_finalize(statement)
    this.#statements.clear()
    const code = this.exports.sqlite3_close_v2(this.pointer)
    if (code !== 0) throw new WasmSqliteError(this.#name(code), 'the database could not be closed')
  }

  /** @throws TypeError */
  assertOpen(): void {
    if (!this.#isOpen) throw new TypeError('the database connection is not open')
  }

  /** What SQLite says of its last failure, which was `code`. */
  error(code: number): WasmSqliteError {
    const extended = this.pointer === 0 ? code : this.exports.sqlite3_extended_errcode(this.pointer)
    // The code of a connection may be of an earlier failure.
    const shown = (extended & 0xff) === (code & 0xff) ? extended : code
    const message = this.memory.cString(this.exports.sqlite3_errmsg(this.pointer))
    const name = this.#name(shown)
    if (name.startsWith('SQLITE_IOERR') && wasStorageFull()) return storageFull()
    return new WasmSqliteError(name, message ?? name)
  }

  #name(code: number): string {
    return this.#sqlite3.capi.sqlite3_js_rc_str(code) ?? `SQLITE_CODE_${code}`
  }

  /** `statement` is 0 where there is only a comment, or nothing. */
  #compile(address: Pointer, length: number): { readonly statement: Pointer; readonly tail: Pointer } {
    const { result: code, pointers } = this.memory.withPointers(2, (out) =>
      this.exports.sqlite3_prepare_v3(this.pointer, address, length, SQLITE_PREPARE_PERSISTENT, out, out + 4),
    )
    if (code !== 0) throw this.error(code)
    const [statement = 0, tail = 0] = pointers
    return { statement, tail }
  }

  /** Whether there is more than blanks and comments. What cannot be compiled is more, too. */
  #hasStatement(address: Pointer, end: Pointer): boolean {
    for (let next = address; next < end; ) {
      let compiled: { readonly statement: Pointer; readonly tail: Pointer }
      try {
        compiled = this.#compile(next, end - next)
      } catch {
        return true
      }
      if (compiled.statement !== 0) {
        this.exports.sqlite3_finalize(compiled.statement)
        return true
      }
      if (compiled.tail === next) return false
      next = compiled.tail
    }
    return false
  }

  #runOnce(statement: Pointer): void {
    let code: number
    do code = this.exports.sqlite3_step(statement)
    while (code === 100)
    const error = code === 101 ? undefined : this.error(code)
    this.exports.sqlite3_finalize(statement)
    if (error !== undefined) throw error
  }

  #finalize(statement: Pointer): void {
    if (this.#statements.delete(statement)) this.exports.sqlite3_finalize(statement)
  }
}
