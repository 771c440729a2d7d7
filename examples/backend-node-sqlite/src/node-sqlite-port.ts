/**
 * `node:sqlite` behind the port of `@upkeep/core/sqlite`. What the driver does not say is found out here: whether a
 * statement only reads, how many parameters it takes, whether more text follows it.
 *
 * Never use it on a file that another copy of SQLite, such as better-sqlite3, has open in the same process.
 */
import { constants, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { invalidArgument } from '@upkeep/core'
import {
  type SqliteDatabase,
  type SqlitePort,
  type SqliteRow,
  type SqliteStatement,
  sqliteResultCodeName,
} from '@upkeep/core/sqlite'
import { createPrivately } from './node-files.ts'

/** What SQLite's authorizer is asked about the parts of a statement. Source: https://www.sqlite.org/c3ref/set_authorizer.html */
const { SQLITE_READ, SQLITE_SELECT, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants
const { SQLITE_DELETE, SQLITE_INSERT, SQLITE_UPDATE } = constants
const READS: readonly number[] = [SQLITE_READ, SQLITE_SELECT, SQLITE_FUNCTION, SQLITE_RECURSIVE]
const ROW_CHANGES: readonly number[] = [...READS, SQLITE_DELETE, SQLITE_INSERT, SQLITE_UPDATE]
/** What may follow a statement. */
const BLANK = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)|;)+/

export const nodeSqlitePort: SqlitePort = {
  open(path, { readOnly, mustExist }) {
    if (path === ':memory:') return databaseOf(new DatabaseSync(path, { timeout: 0 }))
    if (!mustExist) createPrivately(path)
    // The URI is the only way to tell node:sqlite that it must not make a file.
    return databaseOf(new DatabaseSync(`${pathToFileURL(path)}?mode=${readOnly ? 'ro' : 'rw'}`, { timeout: 0 }))
  },
  resultCode: (error) => (hasCode(error, 'ERR_SQLITE_ERROR') ? sqliteResultCodeName(Number(error.errcode)) : undefined),
}

function databaseOf(raw: DatabaseSync): SqliteDatabase {
  let actions = new Set<number>()
  raw.setAuthorizer((action) => {
    actions.add(action)
    return constants.SQLITE_OK
  })
  return {
    raw,
    get inTransaction() {
      return raw.isTransaction
    },
    prepare(sql) {
      actions = new Set()
      const statement = raw.prepare(sql)
      if (sql.slice(statement.sourceSQL.length).replace(BLANK, '') !== '')
        throw invalidArgument('the text holds more than one statement', 'query')
      return new NodeStatement(statement, [...actions])
    },
    exec: (sql) => raw.exec(sql),
    close: () => raw.close(),
  }
}

class NodeStatement implements SqliteStatement {
  readonly returnsRows: boolean
  readonly readOnly: boolean
  readonly #changesRows: boolean
  readonly #statement: StatementSync
  #exact = false
  #parameterCount: number | undefined

  constructor(statement: StatementSync, actions: readonly number[]) {
    this.#statement = statement
    this.returnsRows = statement.columns().length > 0
    // In doubt it writes: of VACUUM, for one, the authorizer is asked nothing.
    this.readOnly = this.returnsRows && actions.every((action) => READS.includes(action))
    this.#changesRows = actions.length > 0 && actions.every((action) => ROW_CHANGES.includes(action))
  }

  columns() {
    return this.#statement.columns().map(({ name, type }) => ({ name, declaredType: type }))
  }

  all(parameters: readonly unknown[]): SqliteRow[] {
    const bound = this.#counted(parameters)
    try {
      return this.#statement.all(...bound).map(ordinary)
    } catch (error) {
      if (this.#exact || !this.readOnly || !hasCode(error, 'ERR_OUT_OF_RANGE')) throw error
    }
    // In number mode node:sqlite refuses what a number cannot hold. Rounded, it makes the store ask for exact integers.
    this.#statement.setReadBigInts(true)
    const rows = this.#statement.all(...bound).map(rounded)
    this.#statement.setReadBigInts(false)
    return rows
  }

  run(parameters: readonly unknown[]) {
    const { changes, lastInsertRowid } = this.#statement.run(...this.#counted(parameters))
    // After any other statement SQLite still tells the count of the last one that changed rows.
    return { changes: this.#changesRows ? changes : 0, lastInsertRowid }
  }

  *iterate(parameters: readonly unknown[]): Generator<SqliteRow> {
    // A statement that is iterated is not run by anybody else, so its mode may stay.
    this.#statement.setReadBigInts(true)
    const asMode = this.#exact ? ordinary : rounded
    for (const row of this.#statement.iterate(...this.#counted(parameters))) yield asMode(row)
  }

  readExactIntegers(exact: boolean): void {
    this.#exact = exact
    this.#statement.setReadBigInts(exact)
  }

  /** What is missing node:sqlite binds as NULL. `iterate` binds at once and runs nothing yet: one more must be too many. */
  #counted(parameters: readonly unknown[]): readonly SQLInputValue[] {
    const bound = parameters as readonly SQLInputValue[]
    if (bound.length === this.#parameterCount) return bound
    try {
      this.#statement.iterate(...bound, null)
    } catch {
      this.#parameterCount = bound.length
      return bound
    }
    throw invalidArgument('there are fewer values than parameters', 'query')
  }
}

/** node:sqlite makes rows without a prototype. */
function ordinary(row: SqliteRow): SqliteRow {
  return Object.setPrototypeOf(row, Object.prototype)
}

/** What a driver in number mode gives. */
function rounded(row: SqliteRow): SqliteRow {
  return Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v]))
}

function hasCode(error: unknown, code: string): error is Error & { readonly errcode?: unknown } {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
