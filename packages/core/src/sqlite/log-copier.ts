/**
 * Copies the write-ahead log on a thread of its own, and begins it anew. When that is to be done is for the
 * `Checkpointer` to say; once its signal is aborted, nothing is.
 */
import { joinSignals } from '../abort/join-signals.ts'
import type { Clock } from '../contract/clock.ts'
import { StoreError } from '../errors/store-error.ts'
import type { ConnectionSet } from './connection-set.ts'
import { type CheckpointRow, checkpointRow } from './maintenance/checkpoint-row.ts'
import { withWriteLock } from './maintenance/maintenance-scope.ts'
import type { CheckpointMode, SqliteFiles, SqliteOffload } from './port.ts'
import { walSizeBytes } from './wal-size.ts'
import { WriterBrake } from './writer-brake.ts'

/** Somebody has the write lock: the next look will do. */
const LOCK_WAIT_MS = 1000

/** What it needs of its store. */
export interface LogCopierParts {
  readonly set: ConnectionSet
  readonly files: SqliteFiles
  readonly clock: Clock
}

export class LogCopier {
  readonly #parts: LogCopierParts
  readonly #thread: SqliteOffload
  readonly #brakeBytes: number
  readonly #signal: AbortSignal

  /** Has `thread` from now on. From `brakeBytes` of the log on writers wait for it. */
  constructor(parts: LogCopierParts, thread: SqliteOffload, brakeBytes: number, signal: AbortSignal) {
    this.#parts = parts
    this.#thread = thread
    this.#brakeBytes = brakeBytes
    this.#signal = signal
  }

  /** @throws StoreError, REPLACED among them */
  async run(mode: CheckpointMode): Promise<CheckpointRow> {
    this.#parts.set.guard.assertSame()
    const [row] = await this.#thread.run({ name: 'checkpoint', mode }, this.#signal)
    return checkpointRow(row)
  }

  /**
   * Copies beside everybody, and then begins the log anew. `isHeld`: somebody reads in it, or has the lock. `wasHeld` is
   * what came of it the last time: behind a reader the log grows, whoever waits.
   */
  async copyAndRestart(
    mode: 'RESTART' | 'TRUNCATE',
    wasHeld: boolean,
  ): Promise<{ readonly row: CheckpointRow; readonly isHeld: boolean }> {
    await using brake = wasHeld ? undefined : this.#brake()
    await this.run('PASSIVE')
    // Once more: what was written meanwhile.
    const copied = await this.run('PASSIVE')
    if (copied.logFrames < 0) return { row: copied, isHeld: false }
    const row = await this.#restart(mode, brake)
    return { row: row ?? copied, isHeld: row === undefined || row.busy }
  }

  /** Ends the thread. Never rejects. */
  async close(): Promise<void> {
    await this.#thread.close().catch(() => undefined)
  }

  #brake(): WriterBrake | undefined {
    const { set, clock, files } = this.#parts
    const limitBytes = this.#brakeBytes
    if (limitBytes === Number.POSITIVE_INFINITY) return undefined
    return new WriterBrake({ set, clock, sizeBytes: () => walSizeBytes(files, set.path), limitBytes })
  }

  /**
   * Also where not all was copied: a commit that was under way looks like a reader, and now there is none. Answers
   * `undefined` where somebody else has the lock.
   */
  async #restart(mode: 'RESTART' | 'TRUNCATE', brake: WriterBrake | undefined): Promise<CheckpointRow | undefined> {
    try {
      if (brake?.isHolding === true) return await this.run(mode)
      // It may wait for the lock itself, and would have it first, and keep it.
      await brake?.end()
      return await withLogLock(this.#parts, this.#signal, () => this.run(mode))
    } catch (error) {
      if (isBusyElsewhere(error)) return undefined
      throw error
    }
  }
}

/** Runs `work` with the write lock. @throws BUSY if somebody keeps it for long */
export async function withLogLock<T>(
  { clock, set }: Pick<LogCopierParts, 'clock' | 'set'>,
  signal: AbortSignal,
  work: () => T | Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const timer = clock.setTimer(() => late.abort(), LOCK_WAIT_MS, true)
  using either = joinSignals([late.signal, signal])
  try {
    return await withWriteLock({ set }, either.signal, () => {
      clock.clearTimer(timer)
      return work()
    })
  } catch (error) {
    if (!late.signal.aborted) throw error
    throw new StoreError('BUSY', 'the write lock is held', { operation: 'checkpoint' })
  } finally {
    clock.clearTimer(timer)
  }
}

/** A lock was in the way; nothing has failed. */
export function isBusyElsewhere(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'BUSY'
}
