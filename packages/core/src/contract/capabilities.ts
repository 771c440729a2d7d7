/**
 * What a backend can do, and how. Fixed for the life of a store.
 *
 * A capability that is `false` means that asking for the thing fails with `UNSUPPORTED`; it never means that the
 * request is ignored.
 */

/** See the module. Branch on these, never on a backend's name. */
export interface Capabilities {
  /**
   * How a *running statement* is stopped. `false`: it is not; signals are still honoured while waiting for a lock,
   * between the rows of a stream, between statements and by maintenance, and Kysely's `'cancel query'` is refused.
   */
  readonly cancellation: 'interrupt' | 'process' | 'server' | false
  /** How a full VACUUM runs: in a process that an abort kills, in the server, or not at all. */
  readonly vacuum: 'process' | 'server' | false
  /** Where long maintenance steps (analyze, integrity check, large checkpoints) run. `inline` holds the caller's thread. */
  readonly maintenance: 'process' | 'worker' | 'server' | 'inline'
  /** How one maintainer is chosen among several processes; `false` where there can be only one process. */
  readonly singleMaintainer: 'file' | 'server' | false
  /** Whether a read beside an open write transaction sees the state before it, without waiting. */
  readonly concurrentReads: boolean
  /** Whether a nested write is recognised at once (`NESTED_USE`); otherwise it waits and ends in `BUSY`. */
  readonly asyncContext: boolean
  /** Whether several processes may open the database at the same time. */
  readonly multiProcess: boolean
  /** Whether what was committed is there after `close()` and the next open. */
  readonly persistent: boolean
  /** Whether the store may be written to. */
  readonly writable: boolean
  /** Whether the database has a write-ahead log that maintenance checkpoints. */
  readonly writeAheadLog: boolean
  /** Whether free pages can be given back bit by bit beside live traffic. */
  readonly incrementalReclaim: boolean
}
