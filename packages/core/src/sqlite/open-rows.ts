/**
 * The rows of an open SELECT, decoded, in portions.
 *
 * They are read in number mode, which rounds beyond 2^53. When that may have happened the same rows are read again in
 * exact mode, from the same snapshot: the first reading is still open then. Where the connection keeps no snapshot, or
 * the order of rows is random, they are read exactly from the start.
 */
import type { SqliteRow } from './port.ts'
import type { PreparedStatement } from './sqlite-statement.ts'

export class OpenRows {
  readonly #prepareAgain: (() => PreparedStatement) | undefined
  readonly #parameters: readonly unknown[]
  #statement: PreparedStatement
  #rows: Iterator<SqliteRow>
  #delivered = 0
  #isDone = false

  constructor(
    statement: PreparedStatement,
    parameters: readonly unknown[],
    prepareAgain: (() => PreparedStatement) | undefined,
  ) {
    if (prepareAgain === undefined) statement.readExactly()
    this.#prepareAgain = prepareAgain
    this.#parameters = parameters
    this.#statement = statement
    this.#rows = statement.iterate(parameters)
  }

  /** Whether the last row has been read. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** The next rows, at most `count`, within `limitMs`. @throws StatementStopped */
  take(count: number, limitMs: number | undefined): SqliteRow[] {
    let rows = this.#statement.reading(limitMs, () => this.#pull(count))
    if (rows.length > 0 && !this.#statement.decode(rows)) {
      rows = this.#statement.reading(limitMs, () => {
        this.#startExactly()
        return this.#pull(count)
      })
      this.#statement.decode(rows)
    }
    this.#delivered += rows.length
    return rows
  }

  close(): void {
    this.#isDone = true
    this.#rows.return?.()
  }

  #pull(count: number): SqliteRow[] {
    const rows: SqliteRow[] = []
    while (rows.length < count) {
      const next = this.#rows.next()
      if (next.done === true) {
        this.#isDone = true
        break
      }
      rows.push(next.value)
    }
    return rows
  }

  /** Opens the exact reading before the first one is closed, and goes to where that was. */
  #startExactly(): void {
    if (this.#prepareAgain === undefined) return
    const before = this.#rows
    this.#statement = this.#prepareAgain()
    this.#statement.readExactly()
    this.#rows = this.#statement.iterate(this.#parameters)
    this.#isDone = false
    for (let skipped = 0; skipped < this.#delivered; skipped++) this.#rows.next()
    before.return?.()
  }
}
