/**
 * Rows on their way between threads: the names of the columns once, then the values of all rows one after another, in
 * batches that are small enough to be unpacked in a turn of the loop that nobody notices.
 */

/** Some rows of a result. All rows of a result have the same columns. */
export interface RowBatch {
  /** In the first batch of a result only. */
  readonly columns?: readonly string[] | undefined
  readonly rowCount: number
  /** Row after row, `columns.length` values each. */
  readonly values: readonly unknown[]
}

type Row = Record<string, unknown>

/** Measured: about a millisecond to copy and to unpack. A single row may be more than that. */
const BATCH_COST = 6000

/** So many characters or bytes cost as much as a value does. */
const TEXT_PER_VALUE = 64

/** Cuts rows into batches. */
export class RowPacker {
  #columns: readonly string[] | undefined
  #hasSentColumns = false

  /** The batch that begins with row `start` of `rows`, of which there must be one. */
  pack(rows: readonly Row[], start: number): RowBatch {
    this.#columns ??= Object.keys(rows[start] as Row)
    const columns = this.#columns
    const values: unknown[] = []
    let cost = 0
    let end = start
    while (end < rows.length && cost < BATCH_COST) {
      const row = rows[end++] as Row
      for (const name of columns) {
        const value = row[name]
        values.push(value)
        cost += costOf(value)
      }
    }
    const isFirst = !this.#hasSentColumns
    this.#hasSentColumns = true
    return { ...(isFirst && { columns }), rowCount: end - start, values }
  }
}

/** Puts batches together again, in their order. */
export class RowUnpacker {
  #columns: readonly string[] = []

  /** Appends the rows of `batch` to `rows`. */
  unpack({ columns, rowCount, values }: RowBatch, rows: unknown[]): void {
    if (columns !== undefined) this.#columns = columns
    const names = this.#columns
    let index = 0
    for (let count = 0; count < rowCount; count++) {
      const row: Row = {}
      for (const name of names) setOwn(row, name, values[index++])
      rows.push(row)
    }
  }
}

/** A column may have any name, this one too. */
function setOwn(row: Row, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(row, name, { value, configurable: true, enumerable: true, writable: true })
  } else {
    row[name] = value
  }
}

function costOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / TEXT_PER_VALUE
  if (typeof value !== 'object' || value === null) return 1
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength / TEXT_PER_VALUE
  if (value instanceof Date) return 1
  let cost = 1
  for (const part of Object.values(value)) cost += 1 + costOf(part)
  return cost
}
