/**
 * An open SELECT that is read chunk by chunk.
 *
 * While it is open it keeps its snapshot, and nothing may write on its connection. So whoever must write there settles
 * it first: the rest is read into memory, up to {@link MAX_SETTLED_ROWS}.
 */
import type { CompiledQuery } from 'kysely'
import { StoreError } from '../errors/store-error.ts'
import type { SqliteRow } from './port.ts'
import type { PreparedStatement } from './sqlite-statement.ts'
import type { StatementClass } from './statement-class.ts'

/** Rows that a stream keeps in memory at most so that something else may write on its connection. */
export const MAX_SETTLED_ROWS = 100_000

/** The connection, as far as a cursor needs it. */
export interface CursorOwner {
  addCursor(cursor: Cursor): void
  removeCursor(cursor: Cursor): void
}

export class Cursor {
  readonly #owner: CursorOwner
  readonly #statement: PreparedStatement
  readonly #rows: Iterator<SqliteRow>
  #open = true
  #settled: SqliteRow[] = []
  #settledIndex = 0

  constructor(owner: CursorOwner, statement: PreparedStatement, parameters: readonly unknown[]) {
    this.#owner = owner
    this.#statement = statement
    this.#rows = statement.iterate(parameters)
    owner.addCursor(this)
  }

  /** The next rows, at most `count`; fewer only at the end. */
  read(count: number): SqliteRow[] {
    const rows = this.#takeSettled(count)
    this.#pull(rows, count)
    return rows
  }

  /** Reads the rest, so that the connection is free. @throws StoreError BUSY, losing nothing, if that is too much */
  settle(): void {
    const rows = this.#takeSettled(Number.POSITIVE_INFINITY)
    this.#settled = rows
    this.#pull(rows, MAX_SETTLED_ROWS)
    if (this.#open) {
      throw new StoreError(
        'BUSY',
        `a stream with more than ${MAX_SETTLED_ROWS} rows to come is open on this connection`,
        { operation: 'query' },
      )
    }
  }

  /** Closes the statement underneath. What was settled can still be read. */
  end(): void {
    if (!this.#open) return
    this.#open = false
    this.#owner.removeCursor(this)
    this.#rows.return?.()
  }

  #takeSettled(count: number): SqliteRow[] {
    const rows = this.#settled.slice(this.#settledIndex, this.#settledIndex + count)
    this.#settledIndex += rows.length
    if (this.#settledIndex === this.#settled.length) {
      this.#settled = []
      this.#settledIndex = 0
    }
    return rows
  }

  #pull(rows: SqliteRow[], count: number): void {
    const fresh: SqliteRow[] = []
    while (this.#open && rows.length + fresh.length < count) {
      const next = this.#rows.next()
      if (next.done === true) this.end()
      else fresh.push(next.value)
    }
    if (fresh.length === 0) return
    this.#statement.decode(fresh)
    for (const row of fresh) rows.push(row)
  }
}

/** Opens a cursor on `connection`, if `query` is a plain read: anything else has done its work with its first row. */
export function openCursor(
  connection: CursorOwner & { prepare(sql: string): PreparedStatement },
  { sql, parameters }: CompiledQuery,
  kind: StatementClass,
): Cursor | undefined {
  if (kind !== 'read') return undefined
  // A statement of its own: one that is being iterated cannot be run by anybody else.
  const statement = connection.prepare(sql)
  return statement.isPlainRead ? new Cursor(connection, statement, parameters) : undefined
}
