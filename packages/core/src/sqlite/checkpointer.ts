/**
 * Copies the write-ahead log on a thread of its own while much is written, so that commits need not, and keeps it small.
 *
 *   resting ──a write, and the log is worth it──▶ keeping ──not worth it for a while──▶ resting
 *      │  SQLite's own checkpoints on commit          │  no checkpoints on commit
 *      └───────────────── close() ────────────────────┴──▶ closed
 *
 * Resting costs a look at the size of the log after a write, at most every {@link REST_LOOK_MS}. Keeping, it looks every
 * {@link KEEP_LOOK_MS}: what is in the log is copied beside everybody, twice, so that little is left for the moment in
 * which the log is begun anew, under the store's write lock. That waits for no reader: who holds the log is the business
 * of {@link WalCeiling}. A step of maintenance that copies the log itself pauses it.
 *
 * Source: https://www.sqlite.org/wal.html#ckpt
 */
import { abortError } from '../abort/abort-error.ts'
import type { Clock } from '../contract/clock.ts'
import type { StoreLog } from '../contract/log.ts'
import { StoreError } from '../errors/store-error.ts'
import { AUTOCHECKPOINT_PAGES } from './autocheckpoint.ts'
import { CommitSync } from './commit-sync.ts'
import type { ConnectionSet } from './connection-set.ts'
import { isBusyElsewhere, LogCopier, withLogLock } from './log-copier.ts'
import { type LogSizes, logSizes } from './log-sizes.ts'
import { type CheckpointRow, checkpointRow } from './maintenance/checkpoint-row.ts'
import type { SqliteFiles, SqliteOffload } from './port.ts'
import { readPragma } from './pragmas.ts'
import { classifySqliteError } from './sqlite-errors.ts'
import type { WalCeiling } from './wal-ceiling.ts'
import { walSizeBytes } from './wal-size.ts'

const REST_LOOK_MS = 250
const KEEP_LOOK_MS = 50
/** Nothing to do for so long, and it rests. */
const IDLE_MS = 30_000
/** A thread that could not be started is tried again after this. */
const RETRY_MS = 60_000
/** Behind a reader it looks more and more seldom, up to this. */
const MAX_HELD_LOOK_MS = 400

/** What it needs of its engine. */
export interface CheckpointerParts {
  readonly set: ConnectionSet
  readonly files: SqliteFiles
  readonly clock: Clock
  readonly log: StoreLog
  readonly ceiling: WalCeiling
  /** Opens the thread; without one it only looks for who holds the log. */
  readonly openThread: (() => SqliteOffload) | undefined
}

export class Checkpointer {
  readonly #parts: CheckpointerParts
  readonly #sizes: LogSizes
  readonly #commitSync: CommitSync
  readonly #closing = new AbortController()
  #keeping: LogCopier | undefined
  #resumeAutocheckpoint: (() => Promise<void>) | undefined
  #timer: unknown
  /** Whether a look is due that a write need not ask for again. */
  #isDue = false
  #flight: Promise<void> | undefined
  #pauses = 0
  #workedMs = 0
  #retryAtMs = Number.NEGATIVE_INFINITY
  /** What the log looked like when it was begun anew: until something is written it looks the same. */
  #settled: CheckpointRow | undefined
  #heldLookMs = KEEP_LOOK_MS
  #lastCopiedFrames = -1
  #pageSizeBytes = 0

  constructor(parts: CheckpointerParts) {
    this.#parts = parts
    this.#sizes = logSizes(parts.set.options.walLimitBytes)
    this.#commitSync = new CommitSync(parts.set)
    parts.set.lock.onRelease = () => this.#wrote()
  }

  /** Whether commits leave the log to it. */
  get isKeeping(): boolean {
    return this.#keeping !== undefined
  }

  /** Resolves once it does nothing more until the answer is called. Commits leave the log alone if they did before. */
  async pause(): Promise<() => void> {
    this.#pauses++
    await this.#flight
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#pauses--
      this.#wrote()
    }
  }

  /**
   * As {@link pause}, and nothing of it has the file open until then. The caller has the write lock.
   */
  async standAside(): Promise<() => void> {
    const comeBack = await this.pause()
    // Where the file is gone, the connection that would be set is closed next.
    await this.#resume().catch(() => undefined)
    await this.#leaveThread()
    return comeBack
  }

  /** Begins now, whatever there is to do; answers whether commits leave the log to it. Never rejects. */
  async keep(): Promise<boolean> {
    const { openThread } = this.#parts
    await this.#flight
    if (openThread === undefined || this.#closing.signal.aborted) return false
    if (!this.isKeeping) {
      this.#disarm()
      this.#isDue = true
      this.#flight = this.#begin(openThread).then(
        () => this.#landed(KEEP_LOOK_MS),
        async (error: unknown) => this.#landed(await this.#failed(error)),
      )
      await this.#flight
    }
    return this.isKeeping
  }

  /** Ends for good; the log stays as it is. Never rejects. */
  async close(): Promise<void> {
    this.#parts.set.lock.onRelease = undefined
    this.#closing.abort(new StoreError('CLOSED', 'the store is closing', { operation: 'checkpoint' }))
    this.#disarm()
    await this.#flight
    await this.#keeping?.close()
    this.#keeping = undefined
  }

  /** Called after each write: it must cost nothing. */
  #wrote(): void {
    if (!this.#isDue) this.#arm(this.isKeeping ? KEEP_LOOK_MS : REST_LOOK_MS, true)
  }

  /** One that a write may bring forward is not due yet. */
  #arm(delayMs: number, isDue: boolean): void {
    if (this.#closing.signal.aborted) return
    this.#disarm()
    this.#isDue = isDue
    this.#timer = this.#parts.clock.setTimer(() => this.#onTimer(), delayMs, true)
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#parts.clock.clearTimer(this.#timer)
    this.#timer = undefined
    this.#isDue = false
  }

  #onTimer(): void {
    this.#timer = undefined
    // Also while it looks: its own use of the write lock is no write.
    this.#isDue = true
    this.#flight = this.#look()
      .catch((error: unknown) => this.#failed(error))
      .then((nextMs) => this.#landed(nextMs))
  }

  #landed(nextMs: number | undefined): void {
    this.#flight = undefined
    this.#isDue = false
    if (nextMs !== undefined) this.#arm(nextMs, nextMs <= MAX_HELD_LOOK_MS)
  }

  /** Answers when to look again, whatever is written; `undefined` for not before something is. */
  async #look(): Promise<number | undefined> {
    const { openThread, set, files, clock } = this.#parts
    // Whoever pauses it looks after the log, and has it look again.
    if (this.#pauses > 0 || set.isClosed) return undefined
    const sizeBytes = walSizeBytes(files, set.path)
    if (this.#keeping === undefined) {
      if (openThread === undefined || clock.monotonicMs() < this.#retryAtMs) return this.#watch(sizeBytes)
      if (sizeBytes <= this.#sizes.start) return undefined
      await this.#begin(openThread)
    }
    if (sizeBytes > this.#sizes.keep && (await this.#copy(sizeBytes))) {
      this.#workedMs = clock.monotonicMs()
      return this.#heldLookMs
    }
    const idleMs = clock.monotonicMs() - this.#workedMs
    if (idleMs < IDLE_MS) return IDLE_MS - idleMs
    await this.#rest()
    return undefined
  }

  /** Without a thread commits copy the log. If they get no further, somebody holds it. */
  #watch(sizeBytes: number): number | undefined {
    const { set, ceiling } = this.#parts
    const { walLimitBytes } = set.options
    if (walLimitBytes === false || sizeBytes <= walLimitBytes) {
      ceiling.observe({ sizeBytes, copiedFrames: 0, isHeld: false })
      return undefined
    }
    const connection = set.reader ?? set.writer
    const { copiedFrames, logFrames } = checkpointRow(connection.db.prepare('PRAGMA wal_checkpoint(NOOP)').all([])[0])
    // Below that no commit has tried.
    const isOverdue = logFrames - copiedFrames > 2 * AUTOCHECKPOINT_PAGES
    const isHeld = isOverdue && copiedFrames === this.#lastCopiedFrames
    this.#lastCopiedFrames = copiedFrames
    ceiling.observe({ sizeBytes, copiedFrames, isHeld })
    return REST_LOOK_MS
  }

  async #begin(openThread: () => SqliteOffload): Promise<void> {
    const { set, clock } = this.#parts
    const copier = new LogCopier(this.#parts, openThread(), this.#sizes.brake, this.#closing.signal)
    try {
      // It has to show that it works before commits rely on it.
      await copier.run('NOOP')
      this.#resumeAutocheckpoint = await this.#locked(() => set.suspendAutocheckpoint())
    } catch (error) {
      await copier.close()
      throw error
    }
    this.#keeping = copier
    this.#workedMs = clock.monotonicMs()
    this.#pageSizeBytes = Number(readPragma(set.writer.db, 'page_size'))
  }

  /** Answers whether there was anything to do. */
  async #copy(sizeBytes: number): Promise<boolean> {
    const { set, files, ceiling } = this.#parts
    const isTooLarge = sizeBytes > this.#sizes.cut
    const before = await this.#copier.run('NOOP')
    const isSettled = before.logFrames === this.#settled?.logFrames && before.copiedFrames === before.logFrames
    if (!isTooLarge && (isSettled || this.#bytesOf(before) <= this.#sizes.keep)) return false
    const wasHeld = this.#heldLookMs > KEEP_LOOK_MS
    const { row, isHeld } = await this.#copier.copyAndRestart(isTooLarge ? 'TRUNCATE' : 'RESTART', wasHeld)
    // Another process copies it just now.
    if (row.logFrames < 0) return true
    if (!isHeld) this.#settled = row
    this.#heldLookMs = isHeld ? Math.min(MAX_HELD_LOOK_MS, 2 * this.#heldLookMs) : KEEP_LOOK_MS
    const sizeAfterBytes = walSizeBytes(files, set.path)
    ceiling.observe({ sizeBytes: sizeAfterBytes, copiedFrames: row.copiedFrames, isHeld })
    await this.#syncCommits(isHeld && sizeAfterBytes > this.#sizes.sync)
    return true
  }

  async #syncCommits(isWanted: boolean): Promise<void> {
    if (this.#commitSync.isDue(isWanted)) await this.#locked(() => this.#commitSync.set(isWanted))
  }

  /** Little is written: the log is left empty, to SQLite's own checkpoints. */
  async #rest(): Promise<void> {
    await this.#locked(async () => {
      await this.#copier.run('TRUNCATE')
      await this.#resume()
    })
    await this.#leaveThread()
  }

  /** Answers when to look again. */
  async #failed(error: unknown): Promise<number | undefined> {
    const { set, clock, log } = this.#parts
    if (this.#closing.signal.aborted) return undefined
    if (isBusyElsewhere(error)) return REST_LOOK_MS
    const { code } = classifySqliteError(set.port, error, 'checkpoint')
    log.warn('the checkpointer has failed', { code })
    this.#retryAtMs = clock.monotonicMs() + RETRY_MS
    await this.#locked(() => this.#resume()).catch(() => undefined)
    await this.#leaveThread()
    return undefined
  }

  async #resume(): Promise<void> {
    const resume = this.#resumeAutocheckpoint
    this.#resumeAutocheckpoint = undefined
    this.#commitSync.set(false)
    await resume?.()
  }

  async #leaveThread(): Promise<void> {
    const copier = this.#keeping
    this.#keeping = undefined
    this.#settled = undefined
    await copier?.close()
  }

  #locked<T>(work: () => T | Promise<T>): Promise<T> {
    return withLogLock(this.#parts, this.#closing.signal, work)
  }

  get #copier(): LogCopier {
    if (this.#keeping === undefined) throw abortError(this.#closing.signal, 'checkpoint')
    return this.#keeping
  }

  #bytesOf({ logFrames }: CheckpointRow): number {
    return logFrames * this.#pageSizeBytes
  }
}
