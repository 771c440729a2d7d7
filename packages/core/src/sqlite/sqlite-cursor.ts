/**
 * An open SELECT that is read chunk by chunk.
 *
 * While it is open it keeps its snapshot, and nothing may write on its connection. So whoever must write there settles
 * it first: the rest is read into memory, up to {@link MAX_SETTLED_ROWS}.
 */
import { StoreError } from '../errors/store-error.ts'
import type { SqliteRow } from './port.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { PreparedStatement } from './sqlite-statement.ts'

/** Rows that a stream keeps in memory at most so that something else may write on its connection. */
export const MAX_SETTLED_ROWS = 100_000

export class Cursor {
  readonly #connection: SqliteConnection
  readonly #rows: Generator<SqliteRow>
  #open = true
  #settled: SqliteRow[] = []
  #settledIndex = 0

  constructor(connection: SqliteConnection, statement: PreparedStatement, parameters: readonly unknown[]) {
    this.#connection = connection
    this.#rows = statement.iterate(parameters)
    connection.addCursor(this)
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
    this.#connection.removeCursor(this)
    this.#rows.return(undefined)
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
    while (this.#open && rows.length < count) {
      const next = this.#rows.next()
      if (next.done === true) this.end()
      else rows.push(next.value)
    }
  }
}
