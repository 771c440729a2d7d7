/**
 * An open SELECT that is read chunk by chunk.
 *
 * While it is open it keeps its snapshot, and nothing may write on its connection. So whoever must write there settles
 * it first: the rest is read into memory, up to {@link MAX_SETTLED_ROWS}.
 */
import type { CompiledQuery } from 'kysely'
import { StoreError } from '../errors/store-error.ts'
import { OpenRows } from './open-rows.ts'
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
  readonly #rows: OpenRows
  #open = true
  #failure: StoreError | undefined
  #settled: SqliteRow[] = []
  #settledIndex = 0

  constructor(owner: CursorOwner, rows: OpenRows) {
    this.#owner = owner
    this.#rows = rows
    owner.addCursor(this)
  }

  /**
   * The next rows, at most `count`; fewer only at the end. What has to be read for them has `limitMs`.
   *
   * @throws what {@link fail} was told; StatementStopped
   */
  read(count: number, limitMs?: number): SqliteRow[] {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#settled.length === 0) return this.#pull(count, limitMs)
    const rows = this.#takeSettled(count)
    return rows.length < count ? rows.concat(this.#pull(count - rows.length, limitMs)) : rows
  }

  /** Reads the rest, so that the connection is free. @throws StoreError BUSY, losing nothing, if that is too much */
  settle(): void {
    this.#settled = this.read(MAX_SETTLED_ROWS)
    this.#settledIndex = 0
    if (this.#open) {
      throw new StoreError(
        'BUSY',
        `a stream with more than ${MAX_SETTLED_ROWS} rows to come is open on this connection`,
        { operation: 'query' },
      )
    }
  }

  /** Ends it before its time: whoever reads on hears why. */
  fail(reason: StoreError): void {
    this.#failure = reason
    this.end()
  }

  /** Closes the statement underneath. What was settled can still be read. */
  end(): void {
    if (!this.#open) return
    this.#open = false
    this.#owner.removeCursor(this)
    this.#rows.close()
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

  #pull(count: number, limitMs: number | undefined): SqliteRow[] {
    if (!this.#open) return []
    const rows = this.#rows.take(count, limitMs)
    if (this.#rows.isDone) this.end()
    return rows
  }
}

/** What depends on chance or on the time of day gives other rows, or another order, when it is read again. */
const RANDOM = /\b(?:random|current_|now\b|date|time|julianday|unixepoch|strftime)/i

/** Opens a cursor on `connection`, if `query` is a plain read: anything else has done its work with its first row. */
export function openCursor(
  connection: CursorOwner & { readonly inTransaction: boolean; prepare(sql: string): PreparedStatement },
  { sql, parameters }: CompiledQuery,
  kind: StatementClass,
): Cursor | undefined {
  if (kind !== 'read') return undefined
  // A statement of its own: one that is being iterated cannot be run by anybody else.
  const statement = connection.prepare(sql)
  if (!statement.isPlainRead) return undefined
  const isRepeatable = connection.inTransaction && !RANDOM.test(sql)
  const prepareAgain = isRepeatable ? () => connection.prepare(sql) : undefined
  return new Cursor(connection, new OpenRows(statement, parameters, prepareAgain))
}
