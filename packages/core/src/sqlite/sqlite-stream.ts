/**
 * Reads rows chunk by chunk from whatever has them, and lets the event loop turn in between.
 */
import type { QueryResult } from 'kysely'
import { yieldToLoop } from '../abort/yield-to-loop.ts'

/** After this long without a turn of the loop a stream gives it one. */
const SLICE_MS = 8

/** Where a stream reads. */
export interface RowSource {
  /** The next rows, at most `count`; fewer only at the end. */
  read(count: number): unknown[]
  /** Gives back what the source holds. */
  end(): void
}

/** A source of rows that are there already. */
export function rowsInMemory(rows: unknown[]): RowSource {
  let start = 0
  return {
    read: (count) => {
      const chunk = rows.slice(start, start + count)
      start += chunk.length
      return chunk
    },
    end: () => undefined,
  }
}

/** The chunks of `source`, which is ended whatever happens. `beforeEach` may throw to stop. */
export async function* readChunks(
  source: RowSource,
  chunkSize: number,
  beforeEach: () => void,
): AsyncGenerator<QueryResult<unknown>> {
  try {
    let turnMs = performance.now()
    for (;;) {
      beforeEach()
      const rows = source.read(chunkSize)
      if (rows.length > 0) yield { rows }
      if (rows.length < chunkSize) return
      if (performance.now() - turnMs > SLICE_MS) {
        await yieldToLoop()
        turnMs = performance.now()
      }
    }
  } finally {
    source.end()
  }
}
