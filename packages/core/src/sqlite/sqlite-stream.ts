/**
 * Reads rows chunk by chunk from whatever has them, and lets the event loop turn in between.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { StoreError } from '../errors/store-error.ts'
import { isSliceSpent } from '../loop/loop-slice.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ReaderRegistry } from './reader-registry.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { type Cursor, openCursor } from './sqlite-cursor.ts'
import type { StatementClass } from './statement-class.ts'
import type { StatementRouter } from './statement-router.ts'
import type { LockHolder } from './write-lock.ts'

/** Where a stream reads. */
export interface RowSource {
  /**
   * The next rows, at most `count`; fewer only at the end. What has to be read for them has `limitMs`.
   * @throws StatementStopped
   */
  read(count: number, limitMs?: number): unknown[] | Promise<unknown[]>
  /** Gives back what the source holds. Never rejects. */
  end(): void | Promise<void>
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

/** `source`, each of whose chunks is read by way of `run`. Only for sources on this thread. */
export function stoppable(source: RowSource, run: <T>(read: () => T) => T): RowSource {
  return { read: (count, limitMs) => run(() => source.read(count, limitMs)), end: () => source.end() }
}

/** The chunks of `source`, which is ended whatever happens. `beforeEach` may throw to stop; each chunk has `limitMs`. */
export async function* readChunks(
  source: RowSource,
  chunkSize: number,
  beforeEach: () => void,
  limitMs?: number,
): AsyncGenerator<QueryResult<unknown>> {
  try {
    for (;;) {
      beforeEach()
      const reading = source.read(chunkSize, limitMs)
      const rows = reading instanceof Promise ? await reading : reading
      if (rows.length > 0) yield { rows }
      if (rows.length < chunkSize) return
      if (isSliceSpent()) await yieldToLoop()
    }
  } finally {
    await source.end()
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
  const { readers, lock, busy } = router.set
  if (kind !== 'read') return undefined
  if (readers === undefined) {
    await lock.acquire(holder, signal)
    try {
      // Not the one from before the wait: it may have been replaced.
      return await retryWhileBusy(busy, signal, () => openCursor(router.set.writer, query, kind))
    } finally {
      lock.release()
    }
  }
  if ((await router.plainRead(query.sql, kind, signal)) === undefined) return undefined
  const reader = await readers.lease(signal)
  const source = new ReaderSource(reader, () => readers.giveBack(reader))
  source.register(router.set.registry, query.sql)
  try {
    await retryWhileBusy(busy, signal, () => source.open(query, kind))
    return source
  } catch (error) {
    source.end()
    throw error
  }
}

/** A cursor in a transaction of its own, which keeps the snapshot until the last row is decoded. */
export class ReaderSource implements RowSource {
  readonly #reader: SqliteConnection
  readonly #giveBack: () => void
  #cursor: Cursor | undefined
  #unregister: (() => void) | undefined
  #failure: StoreError | undefined
  #ended = false

  constructor(reader: SqliteConnection, giveBack: () => void) {
    this.#reader = reader
    this.#giveBack = giveBack
  }

  /** Whoever looks after the log knows of it from here on. */
  register(registry: ReaderRegistry, sql: string): void {
    this.#unregister = registry.add({ label: 'stream', sql: () => sql, end: (reason) => this.#fail(reason) })
  }

  open(query: CompiledQuery, kind: StatementClass): void {
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#reader.inTransaction) this.#reader.control('BEGIN')
    this.#cursor = openCursor(this.#reader, query, kind)
  }

  read(count: number, limitMs?: number): unknown[] {
    if (this.#failure !== undefined) throw this.#failure
    return this.#cursor?.read(count, limitMs) ?? []
  }

  /** Called by the reader of the stream and by the session that is released, whoever comes first. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#unregister?.()
    try {
      this.#cursor?.end()
      if (this.#reader.inTransaction) this.#reader.undo('ROLLBACK')
    } finally {
      this.#giveBack()
    }
  }

  /** Its snapshot is given back now; whoever reads on hears why. */
  #fail(reason: StoreError): void {
    if (this.#ended) return
    this.#failure = reason
    this.end()
  }
}
