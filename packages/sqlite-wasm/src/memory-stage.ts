/**
 * What is imported into a database in memory: bytes in the memory of the module, which become its database as they are.
 *
 * Source: https://www.sqlite.org/c3ref/deserialize.html
 */
import { StoreError } from '@upkeep/core'
import type { SqliteDatabase } from '@upkeep/core/sqlite'
import type { ImportStage } from './import-host.ts'
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'
import type { WasmConnection } from './wasm-connection.ts'
import type { WasmPort } from './wasm-port.ts'

export class MemoryStage implements ImportStage {
  readonly #sqlite3: Sqlite3
  readonly #port: WasmPort
  readonly #size: number
  /** Ours to free, until the database has it. */
  #bytes: Pointer
  #db: SqliteDatabase | undefined

  /** @throws FULL */
  constructor(sqlite3: Sqlite3, port: WasmPort, size: number) {
    this.#sqlite3 = sqlite3
    this.#port = port
    this.#size = size
    this.#bytes = sqlite3.wasm.exports.sqlite3_malloc(size)
    if (this.#bytes === 0) throw new StoreError('FULL', 'the memory has no room for it', { operation: 'import' })
  }

  write(bytes: Uint8Array, offset: number): void {
    this.#sqlite3.wasm.heap8u().set(bytes, this.#bytes + offset)
  }

  open(): SqliteDatabase {
    this.#db = this.#port.open(':memory:', { readOnly: false, mustExist: false })
    this.#deserialize(this.#db.raw as WasmConnection, this.#sqlite3.capi.SQLITE_DESERIALIZE_READONLY)
    return this.#db
  }

  replace(live: WasmConnection): void {
    const { SQLITE_DESERIALIZE_FREEONCLOSE, SQLITE_DESERIALIZE_RESIZEABLE } = this.#sqlite3.capi
    const before = schemaVersion(live)
    this.#closeCheck()
    // From here on it is freed by SQLite, also if it fails.
    const flags = SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE
    this.#deserialize(live, flags, () => {
      this.#bytes = 0
    })
    // By this statements that were prepared before know that they are of the past.
    live.exec(`PRAGMA schema_version = ${Math.max(before, schemaVersion(live)) + 1}`)
  }

  discard(): void {
    this.#closeCheck()
    if (this.#bytes !== 0) this.#sqlite3.wasm.exports.sqlite3_free(this.#bytes)
    this.#bytes = 0
  }

  #closeCheck(): void {
    this.#db?.close()
    this.#db = undefined
  }

  #deserialize(connection: WasmConnection, flags: number, taken?: () => void): void {
    const bytes = this.#bytes
    taken?.()
    const { capi } = this.#sqlite3
    const code = capi.sqlite3_deserialize(connection.pointer, 'main', bytes, this.#size, this.#size, flags)
    if (code !== 0) throw connection.error(code)
  }
}

function schemaVersion(db: SqliteDatabase): number {
  return Number(db.prepare('PRAGMA schema_version').all([])[0]?.schema_version)
}
