/**
 * Reads rows chunk by chunk from whatever has them, and lets the event loop turn in between.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import { yieldToLoop } from '../abort/yield-to-loop.ts'
import { retryWhileBusy } from './busy-wait.ts'
import { openCursor } from './sqlite-cursor.ts'
import type { StatementClass } from './statement-class.ts'
import type { StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

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

/**
 * A stream outside a transaction: on a reader of its own, or on the only connection there is, holding no lock while it
 * is read. `undefined` for what is no plain read.
 */
export async function openSharedStream(
  router: StatementRouter,
  query: CompiledQuery,
  kind: StatementClass,
  holder: LockHolder,
  signal: AbortSignal | undefined,
): Promise<RowSource | undefined> {
  const { readers, lock, busy, writer } = router.set
  if (kind !== 'read') return undefined
  if (readers === undefined) {
    await lock.acquire(holder, signal)
    try {
      return openCursor(writer, query, kind)
    } finally {
      lock.release()
    }
  }
  if ((await router.plainRead(query.sql, kind, signal)) === undefined) return undefined
  const reader = await readers.lease(signal)
  try {
    const cursor = await retryWhileBusy(busy, signal, () => openCursor(reader, query, kind))
    if (cursor === undefined) readers.giveBack(reader)
    return cursor && endingWith(cursor, () => readers.giveBack(reader))
  } catch (error) {
    readers.giveBack(reader)
    throw error
  }
}

/** Ending twice gives back once: by the session that is released, and by the reader who comes back to it. */
function endingWith(source: RowSource, giveBack: () => void): RowSource {
  let ended = false
  return {
    read: (count) => source.read(count),
    end: () => {
      if (ended) return
      ended = true
      source.end()
      giveBack()
    },
  }
}
