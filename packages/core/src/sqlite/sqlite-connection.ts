/**
 * One connection: its statement cache, its open cursors, its control statements.
 *
 * It knows nothing of locks and of other connections.
 */
import type { QueryResult } from 'kysely'
import { StoreError } from '../errors/store-error.ts'
import { GuardedCalls } from './guarded-calls.ts'
import type { SqliteDatabase, SqlitePort, SqliteStatement, StatementGuard } from './port.ts'
import { type SchemaEpoch, SchemaWatch } from './schema-watch.ts'
import type { SqliteCounters } from './sqlite-counters.ts'
import type { Cursor, CursorOwner } from './sqlite-cursor.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import { PreparedStatement } from './sqlite-statement.ts'
import { StatementCache } from './statement-cache.ts'

/** A few fixed statements, and the names that savepoints are given. */
const CONTROL_CACHE_SIZE = 64

/** Where a connection is not as most are. */
export interface ConnectionDetails {
  /** Stops its statements. @default that of the driver */
  readonly guard?: StatementGuard | undefined
  /** For {@link SchemaWatch}. @default its own */
  readonly schemaIntervalMs?: number | undefined
  /** Called when it has been closed. @default nobody */
  readonly closed?: (() => void) | undefined
}

export class SqliteConnection implements CursorOwner {
  readonly db: SqliteDatabase
  readonly #port: SqlitePort
  readonly #cache: StatementCache<PreparedStatement>
  readonly #counters: SqliteCounters
  /** Absent where nothing can stop a statement. */
  readonly #guarded: GuardedCalls | undefined
  readonly #control = new StatementCache<SqliteStatement>(CONTROL_CACHE_SIZE)
  readonly #schema: SchemaWatch
  readonly #cursors = new Set<Cursor>()
  readonly #closed: (() => void) | undefined

  constructor(
    port: SqlitePort,
    db: SqliteDatabase,
    cacheSize: number,
    counters: SqliteCounters,
    epoch: SchemaEpoch,
    { guard = db.guard, schemaIntervalMs, closed }: ConnectionDetails = {},
  ) {
    this.#closed = closed
    this.#port = port
    this.db = db
    this.#cache = new StatementCache(cacheSize)
    this.#counters = counters
    this.#guarded = guard && new GuardedCalls(port, guard)
    this.#schema = new SchemaWatch(() => db.prepare('PRAGMA schema_version'), epoch, schemaIntervalMs)
  }

  get inTransaction(): boolean {
    return this.db.inTransaction
  }

  /** A statement from the cache. The hot path: one look-up. */
  cached(sql: string): PreparedStatement | undefined {
    const statement = this.#cache.get(sql)
    if (statement !== undefined) this.#counters.hits++
    return statement
  }

  /** Compiles a statement. @throws StoreError SYNTAX */
  prepare(sql: string): PreparedStatement {
    try {
      const generatesCode = this.#port.generatesCode === true
      const statement = this.db.prepare(sql)
      return new PreparedStatement(statement, this.#schema, this.#counters, sql, generatesCode, this.#guarded)
    } catch (error) {
      throw classifySqliteError(this.#port, error, 'query', 'prepare')
    }
  }

  /** Keeps a statement for the next time. */
  keep(sql: string, statement: PreparedStatement): void {
    this.#counters.misses++
    this.#cache.set(sql, statement)
  }

  /**
   * Runs a statement; one that writes first drains the cursors that are open here, which it would break. It is stopped
   * when it has run for `limitMs`, where something can do that.
   *
   * @throws StatementStopped
   */
  execute(
    statement: PreparedStatement,
    parameters: readonly unknown[],
    limitMs: number | undefined,
  ): QueryResult<unknown> {
    if (statement.disturbsCursors) this.settleCursors()
    return statement.execute(parameters, limitMs)
  }

  /** BEGIN, COMMIT, SAVEPOINT, … prepared once: they are most of what a small transaction costs. */
  control(sql: string): void {
    this.settleCursors()
    this.#runControl(sql)
  }

  /** ROLLBACK and ROLLBACK TO: what is open here reads rows that are to be undone, so it ends. */
  undo(sql: string): void {
    this.#endCursors('the transaction of this stream was rolled back')
    this.#runControl(sql)
  }

  /** Statements without parameters or rows, each to its end. */
  exec(sql: string): void {
    this.settleCursors()
    this.db.exec(sql)
  }

  #runControl(sql: string): void {
    let statement = this.#control.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.#control.set(sql, statement)
    }
    statement.run([])
  }

  /** Forgets one, which will not come again. */
  forgetStatement(sql: string): void {
    this.#cache.delete(sql)
  }

  /** Forgets prepared statements after a schema change of ours. */
  forgetStatements(): void {
    this.#cache.clear()
  }

  addCursor(cursor: Cursor): void {
    this.#cursors.add(cursor)
  }

  removeCursor(cursor: Cursor): void {
    this.#cursors.delete(cursor)
  }

  /** Reads open cursors to their end, into bounded memory. @throws StoreError BUSY if one is too long for that */
  settleCursors(): void {
    if (this.#cursors.size === 0) return
    for (const cursor of this.#cursors) cursor.settle()
  }

  /** Streams that are open here keep what they can hold; one that is too long ends with an error, never in silence. */
  close(): void {
    try {
      this.settleCursors()
    } catch {
      this.#endCursors('the connection of this stream was closed')
    }
    this.db.close()
    this.#closed?.()
  }

  #endCursors(reason: string): void {
    for (const cursor of this.#cursors) cursor.fail(new StoreError('ABORTED', reason, { operation: 'stream' }))
  }
}
