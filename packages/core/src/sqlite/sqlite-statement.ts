/**
 * A prepared statement that speaks the value contract: binds, runs, decodes.
 *
 * It waits for nothing and holds no lock; who may run it, and when, is decided by its callers.
 */
import type { QueryResult } from 'kysely'
import { bindParameters } from './bind-values.ts'
import { type DecodeRows, generateDecodeRows } from './generated-decoder.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import type { SqliteRow, SqliteRunResult, SqliteStatement } from './port.ts'
import { decodeExactRows, decodeRows, planRows, type RowPlan } from './row-decoder.ts'
import type { SchemaWatch } from './schema-watch.ts'
import type { SqliteCounters } from './sqlite-counters.ts'
import { isInsert } from './statement-class.ts'

/** To make a function costs about as much as decoding this many rows. */
const GENERATE_AFTER_ROWS = 200

export class PreparedStatement {
  readonly #statement: SqliteStatement
  readonly #schema: SchemaWatch
  readonly #counters: Pick<SqliteCounters, 'inline'>
  /** What cannot be read a second time, because it writes, is read exactly from the start. */
  readonly #rerunnable: boolean
  /** Only an INSERT has a row id to tell; SQLite would tell that of an earlier one. */
  readonly #inserts: boolean
  readonly #generatesCode: boolean
  readonly #guarded: GuardedCalls | undefined
  #exact = false
  #plan: RowPlan | undefined
  /** Made when the statement has shown to be one that is run again. */
  #generated: DecodeRows | undefined
  #decodedCount = 0
  #planVersion = -1

  constructor(
    statement: SqliteStatement,
    schema: SchemaWatch,
    counters: Pick<SqliteCounters, 'inline'>,
    sql: string,
    generatesCode: boolean,
    guarded: GuardedCalls | undefined,
  ) {
    this.#statement = statement
    this.#schema = schema
    this.#counters = counters
    this.#generatesCode = generatesCode
    this.#guarded = guarded
    this.#rerunnable = statement.readOnly
    this.#inserts = !statement.readOnly && isInsert(sql)
    if (!this.#rerunnable) this.readExactly()
  }

  /** Whether it may run on a reader: changes nothing, answers rows. */
  get isPlainRead(): boolean {
    return this.#statement.readOnly && this.#statement.returnsRows
  }

  /** Whether it must not run beside an open cursor: it writes, or it is a setting, which SQLite calls read-only. */
  get disturbsCursors(): boolean {
    return !this.isPlainRead
  }

  /** A limit is for the call of the driver alone: that what follows is late does not undo what was done. */
  execute(parameters: readonly unknown[], limitMs: number | undefined): QueryResult<unknown> {
    const bound = bindParameters(parameters)
    this.#counters.inline++
    if (!this.#statement.returnsRows) return this.#run(bound, limitMs)
    const rows = this.#all(bound, limitMs)
    return rows.length === 0 || this.decode(rows) ? this.#result(rows) : this.#executeExactly(bound, limitMs)
  }

  /** Opens the rows, as the driver gives them; see {@link decode}. */
  iterate(parameters: readonly unknown[]): Iterator<SqliteRow> {
    const bound = bindParameters(parameters)
    this.#counters.inline++
    return this.#statement.iterate(bound)
  }

  /** Calls what reads rows of {@link iterate}, with `limitMs` to go. @throws StatementStopped */
  reading<T>(limitMs: number | undefined, read: () => T): T {
    if (limitMs === undefined || this.#guarded === undefined) return read()
    return this.#guarded.run(limitMs, read)
  }

  /** Decodes rows of {@link iterate} in place. Answers false, leaving them to be read again, if one may be rounded. */
  decode(rows: readonly SqliteRow[]): boolean {
    const plan = this.#currentPlan()
    if (this.#exact) {
      decodeExactRows(rows, plan)
      return true
    }
    if (this.#generated !== undefined) return this.#generated(rows)
    this.#decodedCount += rows.length
    if (this.#generatesCode && this.#decodedCount > GENERATE_AFTER_ROWS) this.#generated = generateDecodeRows(plan)
    return decodeRows(rows, plan)
  }

  /** From now on integers come exactly. */
  readExactly(): void {
    if (this.#exact) return
    this.#exact = true
    this.#statement.readExactIntegers(true)
  }

  #executeExactly(bound: readonly unknown[], limitMs: number | undefined): QueryResult<unknown> {
    this.readExactly()
    const rows = this.#all(bound, limitMs)
    this.decode(rows)
    return { rows }
  }

  #all(bound: readonly unknown[], limitMs: number | undefined): SqliteRow[] {
    if (limitMs === undefined || this.#guarded === undefined) return this.#statement.all(bound)
    return this.#guarded.run(limitMs, () => this.#statement.all(bound))
  }

  #change(bound: readonly unknown[], limitMs: number | undefined): SqliteRunResult {
    if (limitMs === undefined || this.#guarded === undefined) return this.#statement.run(bound)
    return this.#guarded.run(limitMs, () => this.#statement.run(bound))
  }

  #run(bound: readonly unknown[], limitMs: number | undefined): QueryResult<unknown> {
    const { changes, lastInsertRowid } = this.#change(bound, limitMs)
    const numAffectedRows = BigInt(changes)
    if (!this.#inserts || numAffectedRows === 0n) return { rows: [], numAffectedRows }
    return { rows: [], numAffectedRows, insertId: BigInt(lastInsertRowid) }
  }

  #result(rows: unknown[]): QueryResult<unknown> {
    return this.#rerunnable ? { rows } : { rows, numAffectedRows: BigInt(rows.length) }
  }

  /** Declared types are asked for after execution: SQLite compiles a statement anew when it finds another schema. */
  #currentPlan(): RowPlan {
    const version = this.#schema.version()
    if (this.#plan === undefined || this.#planVersion !== version) {
      this.#plan = planRows(this.#statement.columns())
      this.#generated = undefined
      this.#decodedCount = 0
      this.#planVersion = version
    }
    return this.#plan
  }
}
