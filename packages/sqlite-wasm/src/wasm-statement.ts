/** A prepared statement of the WASM module behind the port of `@upkeep/core/sqlite`. */
import type { SqliteColumn, SqliteRow, SqliteRunResult, SqliteStatement } from '@upkeep/core/sqlite'
import type { RoomUse } from './freeing-statement.ts'
import type { Pointer, Sqlite3Exports } from './sqlite3-module.ts'
import type { WasmMemory } from './wasm-memory.ts'

const SQLITE_ROW = 100
const SQLITE_DONE = 101
/** SQLite makes a copy. Source: https://www.sqlite.org/c3ref/c_static.html */
const SQLITE_TRANSIENT = -1

/** Types of columns. Source: https://www.sqlite.org/c3ref/c_blob.html */
const INTEGER = 1
const FLOAT = 2
const TEXT = 3
const BLOB = 4

/** The connection of a statement. */
export interface StatementOwner {
  readonly pointer: Pointer
  readonly exports: Sqlite3Exports
  readonly memory: WasmMemory
  readonly isOpen: boolean
  /** @throws TypeError */
  assertOpen(): void
  /** What SQLite says of its last failure, which was `code`. */
  error(code: number): Error
  /** Runs `call`, a statement that uses room so. */
  usingRoom<T>(use: RoomUse, call: () => T): T
}

export class WasmStatement implements SqliteStatement {
  readonly returnsRows: boolean
  readonly readOnly: boolean
  readonly #connection: StatementOwner
  readonly #exports: Sqlite3Exports
  readonly #memory: WasmMemory
  readonly #statement: Pointer
  readonly #roomUse: RoomUse
  readonly #parameterCount: number
  #names: readonly string[] | undefined
  #exact = false

  constructor(connection: StatementOwner, statement: Pointer, roomUse: RoomUse) {
    this.#connection = connection
    this.#exports = connection.exports
    this.#memory = connection.memory
    this.#statement = statement
    this.returnsRows = this.#exports.sqlite3_column_count(statement) > 0
    this.readOnly = this.#exports.sqlite3_stmt_readonly(statement) !== 0
    this.#roomUse = this.readOnly ? 'neither' : roomUse
    this.#parameterCount = this.#exports.sqlite3_bind_parameter_count(statement)
  }

  columns(): readonly SqliteColumn[] {
    return this.#columnNames().map((name, index) => ({
      name,
      declaredType: this.#memory.cString(this.#exports.sqlite3_column_decltype(this.#statement, index)),
    }))
  }

  all(parameters: readonly unknown[]): SqliteRow[] {
    this.#bind(parameters)
    const rows: SqliteRow[] = []
    try {
      this.#connection.usingRoom(this.#roomUse, () => {
        while (this.#step()) rows.push(this.#row())
      })
    } finally {
      this.#reset()
    }
    return rows
  }

  run(parameters: readonly unknown[]): SqliteRunResult {
    const exports = this.#exports
    const { pointer } = this.#connection
    this.#bind(parameters)
    const totalBefore = exports.sqlite3_total_changes64(pointer)
    try {
      this.#connection.usingRoom(this.#roomUse, () => {
        while (this.#step());
      })
    } finally {
      this.#reset()
    }
    // SQLite still tells the count of the last statement that changed rows.
    const hasChanged = exports.sqlite3_total_changes64(pointer) !== totalBefore
    const changes = hasChanged ? exports.sqlite3_changes64(pointer) : 0
    return { changes, lastInsertRowid: exports.sqlite3_last_insert_rowid(pointer) }
  }

  iterate(parameters: readonly unknown[]): Iterator<SqliteRow> {
    this.#bind(parameters)
    let isOver = false
    const end = (): IteratorReturnResult<undefined> => {
      if (!isOver) this.#reset()
      isOver = true
      return { done: true, value: undefined }
    }
    return {
      next: () => {
        if (isOver) return end()
        try {
          if (this.#step()) return { done: false, value: this.#row() }
        } catch (error) {
          end()
          throw error
        }
        return end()
      },
      return: end,
    }
  }

  readExactIntegers(exact: boolean): void {
    this.#exact = exact
  }

  #bind(parameters: readonly unknown[]): void {
    this.#connection.assertOpen()
    if (parameters.length !== this.#parameterCount) {
      throw new RangeError(`the statement takes ${this.#parameterCount} parameters, not ${parameters.length}`)
    }
    this.#names = undefined
    for (let index = 0; index < parameters.length; index++) {
      const code = this.#bindOne(index + 1, parameters[index])
      if (code !== 0) {
        const error = this.#connection.error(code)
        this.#reset()
        throw error
      }
    }
  }

  #bindOne(index: number, value: unknown): number {
    const exports = this.#exports
    const statement = this.#statement
    switch (typeof value) {
      case 'bigint':
        return exports.sqlite3_bind_int64(statement, index, value)
      case 'number':
        return exports.sqlite3_bind_double(statement, index, value)
      case 'string':
        return this.#memory.withText(value, (address, length) =>
          exports.sqlite3_bind_text(statement, index, address, length, SQLITE_TRANSIENT),
        )
      default:
    }
    if (value === null) return exports.sqlite3_bind_null(statement, index)
    if (!(value instanceof Uint8Array)) throw new TypeError('a parameter cannot be bound')
    if (value.length === 0) return exports.sqlite3_bind_zeroblob(statement, index, 0)
    return this.#memory.withBytes(value, (address) =>
      exports.sqlite3_bind_blob(statement, index, address, value.length, SQLITE_TRANSIENT),
    )
  }

  /** Whether there is a row. */
  #step(): boolean {
    const code = this.#exports.sqlite3_step(this.#statement)
    if (code === SQLITE_ROW) return true
    if (code === SQLITE_DONE) return false
    throw this.#connection.error(code)
  }

  /** What it answers was told by the step before. */
  #reset(): void {
    // A cursor may be ended when its connection is closed already, and the statement with it.
    if (!this.#connection.isOpen) return
    this.#exports.sqlite3_reset(this.#statement)
    if (this.#parameterCount > 0) this.#exports.sqlite3_clear_bindings(this.#statement)
  }

  /** SQLite may compile a statement anew when it is stepped first; then `select *` has other columns. */
  #columnNames(): readonly string[] {
    if (this.#names !== undefined) return this.#names
    const count = this.#exports.sqlite3_column_count(this.#statement)
    const names: string[] = []
    for (let index = 0; index < count; index++) {
      names.push(this.#memory.cString(this.#exports.sqlite3_column_name(this.#statement, index)) ?? '')
    }
    this.#names = names
    return names
  }

  #row(): SqliteRow {
    const names = this.#columnNames()
    const row: SqliteRow = {}
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string
      const value = this.#value(index)
      if (name === '__proto__') {
        Object.defineProperty(row, name, { value, configurable: true, enumerable: true, writable: true })
      } else row[name] = value
    }
    return row
  }

  #value(index: number): unknown {
    const exports = this.#exports
    const statement = this.#statement
    switch (exports.sqlite3_column_type(statement, index)) {
      case INTEGER:
        // As a double it is rounded beyond 2^53.
        return this.#exact
          ? exports.sqlite3_column_int64(statement, index)
          : exports.sqlite3_column_double(statement, index)
      case FLOAT:
        return exports.sqlite3_column_double(statement, index)
      case TEXT: {
        const address = exports.sqlite3_column_text(statement, index)
        return this.#memory.text(address, exports.sqlite3_column_bytes(statement, index))
      }
      case BLOB: {
        const address = exports.sqlite3_column_blob(statement, index)
        return this.#memory.bytes(address, exports.sqlite3_column_bytes(statement, index))
      }
      default:
        return null
    }
  }
}
