/**
 * The rows of a chunk, quicker to hand out one by one.
 *
 * Kysely's builders pass the rows of a chunk on by `yield*` in an async generator. That asks for an async iterator
 * first; over a plain array it would wrap each row in promises of its own, which takes as long as reading it.
 */

class RowIterator<T> implements AsyncIterator<T> {
  readonly #rows: readonly T[]
  #index = 0

  constructor(rows: readonly T[]) {
    this.#rows = rows
  }

  next(): Promise<IteratorResult<T>> {
    const index = this.#index++
    if (index >= this.#rows.length) return Promise.resolve({ value: undefined, done: true })
    return Promise.resolve({ value: this.#rows[index] as T, done: false })
  }
}

/** The same array, with an async iterator that costs one promise a row; it is not enumerable. */
export function asStreamChunk<T>(rows: T[]): T[] {
  return Object.defineProperty(rows, Symbol.asyncIterator, { value: () => new RowIterator(rows) })
}
