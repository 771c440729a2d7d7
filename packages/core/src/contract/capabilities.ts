/**
 * What a backend can do, and how. Told when a store is opened, and fixed for its life.
 *
 * Some can be asked for: where they are `false`, asking is refused with `UNSUPPORTED` and never ignored. The others say
 * how the store behaves; each entry says which it is.
 */

import type { MaintenanceStepName } from './maintenance-steps.ts'

/** What a store can do, and how; branch on these, never on a backend's name. */
export interface Capabilities {
  /**
   * How a *running statement* is stopped. `interrupt`: by its signal, its deadline and `close()`, in the engine.
   * `process`: those of them that only read, by ending the process that they run in. `server`: by the server.
   *
   * `deadline`: by its timeout alone; no signal is heard while it runs. `false`: not at all. Signals are then still
   * honoured while waiting for a lock, between the rows of a stream, between statements and by maintenance, and Kysely's
   * `'cancel query'` and `'kill session'` are `UNSUPPORTED`.
   */
  readonly cancellation: 'interrupt' | 'process' | 'server' | 'deadline' | false
  /**
   * Whether long statements run beside the caller's thread: by themselves, and whole transactions with a signal or
   * `executor: 'worker'`. `false`: that option is `UNSUPPORTED`, and a transaction with a signal stays where it is.
   */
  readonly workers: boolean
  /**
   * How a full VACUUM runs: in a process that an abort kills, in the database's own worker, which is looked up from and
   * answers nothing meanwhile, or in the server. `false`: not at all; `steps: ['vacuum']` is `UNSUPPORTED`, and the modes
   * of `maintenance()` report the step as skipped.
   * Source: https://www.sqlite.org/lang_vacuum.html
   */
  readonly vacuum: 'process' | 'worker' | 'server' | false
  /**
   * Where maintenance runs. `process`: its long steps (statistics and integrity check of a large file, large checkpoints)
   * in a process, the rest on the caller's thread. `worker`: the rest on a thread of its own, and nothing but questions on
   * the caller's. `inline` holds the caller's thread.
   */
  readonly maintenance: 'process' | 'worker' | 'server' | 'inline'
  /**
   * The steps that `maintenance()` has here; any other, asked for by name, is `UNSUPPORTED`, and so is `integrity` without
   * that step. `undefined`: those of SQLite, as far as the other capabilities have them.
   */
  readonly maintenanceSteps?: readonly MaintenanceStepName[] | undefined
  /** How one maintainer is chosen among several stores and processes; `false` where there can be only one store. */
  readonly singleMaintainer: 'file' | 'server' | false
  /**
   * Whether a read beside an open write transaction sees the state before it, without waiting. `false`: it waits, and
   * inside that very transaction it is `NESTED_USE`. It tells of the store as it was opened: a TEMP object made later
   * moves reads to the writer.
   */
  readonly concurrentReads: boolean
  /**
   * Whether write transactions run beside each other, waiting only for rows and tables that another has changed. What one
   * has read may then be outdated when it writes: `repeatable read` or stricter makes that `SERIALIZATION`, for `retry`. A
   * write through the store inside its own transaction is one of its own, and `BUSY` in time where it would wait for the
   * transaction around it. `false`: they run one after another, each from what the one before it left.
   */
  readonly concurrentWrites: boolean
  /**
   * Whether what would wait for the transaction it is called in is `NESTED_USE` at once: maintenance, migrations, a
   * backup, and, without `concurrentWrites`, a write. `false`: it waits and ends in `BUSY`, and `detached()` is
   * `UNSUPPORTED`.
   */
  readonly asyncContext: boolean
  /** Whether several stores and processes may open the database at the same time. */
  readonly multiProcess: boolean
  /** Whether what was committed is there after `close()` and the next open. */
  readonly persistent: boolean
  /** Whether the store may be written to. `false`: writes and `maintenance()` are `READONLY`. */
  readonly writable: boolean
  /**
   * Whether the database has a write-ahead log. `false`: the steps `checkpoint` and `finalCheckpoint`, asked for by
   * name, are `UNSUPPORTED`. Source: https://www.sqlite.org/wal.html
   */
  readonly writeAheadLog: boolean
  /**
   * Who copies the write-ahead log into the database while much is written: a thread of the store's own. `false`: commits
   * do, or there is no log. Source: https://www.sqlite.org/wal.html#ckpt
   */
  readonly checkpointer: 'thread' | false
  /**
   * Whether free pages can be given back bit by bit beside live traffic. `false`: the step `reclaim`, asked for by name,
   * is `UNSUPPORTED`. Source: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum
   */
  readonly incrementalReclaim: boolean
  /**
   * How `backup()` copies the database: in a process that an abort kills, or, `inline`, on the caller's thread at one go.
   * `false`: not at all; it is `UNSUPPORTED`.
   */
  readonly backup: 'process' | 'inline' | false
  /**
   * Whether the store knows its file from another one that is put in its place, so that it fails with `REPLACED` and
   * can be reopened. `false`: there is no file, or it is not watched, and `reopen()` is `UNSUPPORTED`.
   */
  readonly reopen: boolean
  /**
   * Whether the store tells which tables were changed by commits, its own and those of every other store of the database.
   * `false`: `onChange()` is `UNSUPPORTED`.
   */
  readonly changeNotice: boolean
}
