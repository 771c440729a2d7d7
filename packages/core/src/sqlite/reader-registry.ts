/**
 * Who reads in this store and keeps a snapshot meanwhile: streams, read-only transactions, copies and checks of the
 * whole file. As long as one of them is open the write-ahead log cannot be begun anew.
 *
 * It holds nobody up and ends nobody by itself. Readers of other processes it does not know.
 */
import type { Clock } from '../contract/clock.ts'
import type { StoreError } from '../errors/store-error.ts'

/** One who reads, as whoever opens the snapshot puts it down. */
export interface Reader {
  /** What it is, for people: `stream`, `read-only transaction`, `backup`. */
  readonly label: string
  /** The text of its statement, or of its last one, as the application has written it; `undefined` before the first. */
  sql(): string | undefined
  /**
   * Ends it before its time: whoever reads on hears `reason`, and the snapshot is given back as soon as its connection
   * is idle. Absent for what is ended in other ways.
   */
  readonly end?: ((reason: StoreError) => void) | undefined
}

/** A reader that is open. */
export interface OpenReader extends Reader {
  /** As the clock's monotonic time has it. */
  readonly startedMs: number
}

export class ReaderRegistry {
  readonly #clock: Clock
  /** In the order in which they came, so the oldest is first. */
  readonly #readers = new Set<OpenReader>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Puts a reader down; the answer takes it out again, and may be called twice. */
  add(reader: Reader): () => void {
    const open: OpenReader = {
      label: reader.label,
      sql: () => reader.sql(),
      end: reader.end && ((reason) => reader.end?.(reason)),
      startedMs: this.#clock.monotonicMs(),
    }
    this.#readers.add(open)
    return () => this.#readers.delete(open)
  }

  /** Those that were open at the moment `ms` and still are, the oldest first. */
  openSince(ms: number): readonly OpenReader[] {
    return [...this.#readers].filter(({ startedMs }) => startedMs <= ms)
  }
}
