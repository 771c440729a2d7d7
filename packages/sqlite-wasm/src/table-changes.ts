/**
 * Which tables the commits of a connection have changed.
 *
 *   compile ──authorizer──▶ tables of the statement ──it changed rows──▶ of the transaction ──commit──▶ told
 *                                                                              └──rollback──▶ forgotten
 *
 * What a statement may write to is asked of SQLite once, while it compiles it: triggers, foreign keys and `REPLACE` are in
 * it, and a row costs nothing. So it may be told of more than was changed, and of nothing less.
 *
 * Source: https://www.sqlite.org/c3ref/set_authorizer.html
 */
import type { ChangedTables } from '@upkeep/core'
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'
import type { WasmMemory } from './wasm-memory.ts'

/** Actions that write rows. Source: https://www.sqlite.org/c3ref/c_alter_table.html */
const SQLITE_DELETE = 9
const SQLITE_INSERT = 18
const SQLITE_UPDATE = 23
/** Comes after what it has asked for to make its own tables. */
const SQLITE_ANALYZE = 28

/** Who writes there changes the schema; each table may be another one then. */
const SCHEMA_TABLE = 'sqlite_master'
/** SQLite keeps statistics and counters in such tables. Source: https://www.sqlite.org/fileformat2.html#intschema */
const OWN_PREFIX = 'sqlite_'

/** The tables that a statement may write to. */
export type WrittenTables = Set<string>

export class TableChanges {
  readonly #sqlite3: Sqlite3
  readonly #memory: WasmMemory
  readonly #db: Pointer
  readonly #tell: (tables: ChangedTables) => void
  readonly #hooks: readonly Pointer[]
  /** Of the open transaction. */
  readonly #changed = new Set<string>()
  /** Of the statement that is compiled, or compiled anew because the schema is another one now. */
  #compiled: WrittenTables = new Set()

  constructor(sqlite3: Sqlite3, memory: WasmMemory, db: Pointer, tell: (tables: ChangedTables) => void) {
    this.#sqlite3 = sqlite3
    this.#memory = memory
    this.#db = db
    this.#tell = tell
    const { wasm } = sqlite3
    const authorize = wasm.installFunction('ipipppp', this.#authorize)
    const rolledBack = wasm.installFunction('vp', () => this.#changed.clear())
    wasm.exports.sqlite3_set_authorizer(db, authorize, 0)
    wasm.exports.sqlite3_rollback_hook(db, rolledBack, 0)
    this.#hooks = [authorize, rolledBack]
  }

  /** Before a statement is compiled: the tables that it writes to, once it is. */
  compile(): WrittenTables {
    this.#compiled = new Set()
    return this.#compiled
  }

  /** Before a statement that may write is run; the answer is for {@link ended}. */
  begun(tables: WrittenTables): bigint {
    this.#compiled = tables
    return this.#changeCount()
  }

  /** After one that may write has run. */
  ended(tables: WrittenTables, countBefore: bigint, failed: boolean): void {
    // One that has failed may have changed rows: those that `OR FAIL` keeps.
    if (this.#changeCount() !== countBefore || (tables.has(SCHEMA_TABLE) && !failed)) {
      for (const table of tables) this.#changed.add(table)
    }
  }

  /** After any statement: COMMIT says of itself that it writes nothing. */
  tellCommitted(): void {
    if (this.#changed.size === 0 || this.#sqlite3.wasm.exports.sqlite3_get_autocommit(this.#db) === 0) return
    const tables = this.#changed.has(SCHEMA_TABLE) ? undefined : Object.freeze([...this.#changed])
    this.#changed.clear()
    this.#tell(tables)
  }

  /** Another database has taken the place of this one. */
  tellAll(): void {
    this.#tell(undefined)
  }

  /** Once the connection is closed. */
  release(): void {
    for (const hook of this.#hooks) this.#sqlite3.wasm.uninstallFunction(hook)
  }

  #changeCount(): bigint {
    return this.#sqlite3.wasm.exports.sqlite3_total_changes64(this.#db)
  }

  /** Allows everything. Is called for each column that is read, too, and looks at no text for those. */
  readonly #authorize = (_: Pointer, action: number, table: Pointer, _column: Pointer, schema: Pointer): number => {
    if (action === SQLITE_ANALYZE) this.#compiled.delete(SCHEMA_TABLE)
    if (action !== SQLITE_INSERT && action !== SQLITE_UPDATE && action !== SQLITE_DELETE) return 0
    if (this.#memory.cString(schema) !== 'main') return 0
    const name = this.#memory.cString(table) ?? ''
    if (name === SCHEMA_TABLE || !name.startsWith(OWN_PREFIX)) this.#compiled.add(name)
    return 0
  }
}
