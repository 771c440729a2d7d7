/**
 * Query-only connections for streams and read-only transactions: an open iterator would make every other read on its
 * connection stale. Opened when needed, kept, at most `maxReaders`; who comes later queues.
 */
import type { Clock } from '../contract/clock.ts'
import type { PoolStats } from '../contract/stats.ts'
import { StoreError } from '../errors/store-error.ts'
import { PeakWindow } from '../metrics/peak-window.ts'
import { QueueMeter } from '../metrics/queue-meter.ts'
import { type WaitLimit, WaitQueue } from '../session/wait-queue.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** Bounds of a pool. */
export interface ReaderPoolOptions {
  readonly maxReaders: number
  readonly busyTimeoutMs: number
}

export class ReaderPool {
  readonly #open: () => Promise<SqliteConnection>
  readonly #clock: Clock
  readonly #options: ReaderPoolOptions
  readonly #idle: SqliteConnection[] = []
  readonly #meter: QueueMeter
  readonly #queue: WaitQueue<undefined, SqliteConnection | undefined>
  readonly #leased: PeakWindow
  #count = 0
  #isClosed = false

  constructor(open: () => Promise<SqliteConnection>, clock: Clock, options: ReaderPoolOptions) {
    this.#open = open
    this.#clock = clock
    this.#options = options
    this.#meter = new QueueMeter(clock)
    this.#queue = new WaitQueue(clock, this.#meter)
    this.#leased = new PeakWindow(clock)
  }

  get leased(): number {
    return this.#count - this.#idle.length
  }

  /** Connections that are open, or being opened. */
  get size(): number {
    return this.#count
  }

  get waiting(): number {
    return this.#queue.size
  }

  stats(): PoolStats {
    return Object.freeze({
      ...this.#meter.snapshot(),
      limit: this.#options.maxReaders,
      leased: this.leased,
      peakLeased: this.#leased.peak,
      recentPeakLeased: this.#leased.recentPeak,
    })
  }

  resetStats(): void {
    this.#meter.reset()
    this.#leased.reset()
  }

  /** @throws ABORTED, or BUSY when all stay leased for longer than the busy timeout */
  async lease(signal: AbortSignal | undefined): Promise<SqliteConnection> {
    for (;;) {
      if (this.#isClosed) throw new StoreError('BUSY', 'the database is being reopened', { operation: 'read' })
      const idle = this.#idle.pop()
      if (idle !== undefined) {
        this.#leased.set(this.leased)
        return idle
      }
      if (this.#count < this.#options.maxReaders) return this.#openOne()
      const granted = await this.#queue.wait(undefined, this.#limit(), signal, 'waiting for a reader')
      if (granted !== undefined) return granted
    }
  }

  /** A reader in the middle of something, or one of a pool that is closed, is nobody's next. */
  giveBack(connection: SqliteConnection): void {
    if (this.#isClosed || connection.inTransaction) {
      this.#count--
      this.#leased.set(this.leased)
      connection.close()
      this.#queue.shift()?.grant(undefined)
      return
    }
    const next = this.#queue.shift()
    if (next !== undefined) {
      next.grant(connection)
      return
    }
    this.#idle.push(connection)
    this.#leased.set(this.leased)
  }

  async #openOne(): Promise<SqliteConnection> {
    this.#count++
    this.#leased.set(this.leased)
    try {
      return await this.#open()
    } catch (error) {
      this.#count--
      this.#leased.set(this.leased)
      // The place is free: who waits for it may have more luck.
      this.#queue.shift()?.grant(undefined)
      throw error
    }
  }

  /** A schema change of ours. */
  forgetStatements(): void {
    this.forEachIdle((connection) => connection.forgetStatements())
  }

  /** Those that nobody has leased. */
  forEachIdle(work: (connection: SqliteConnection) => void): void {
    for (const connection of this.#idle) work(connection)
  }

  /** Closes the idle ones now, and leased ones when they are given back. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#idle.splice(0)) {
      this.#count--
      connection.close()
    }
  }

  #limit(): WaitLimit {
    const startedMs = this.#clock.monotonicMs()
    const { busyTimeoutMs, maxReaders } = this.#options
    return {
      leftMs: () => busyTimeoutMs - (this.#clock.monotonicMs() - startedMs),
      error: () =>
        new StoreError('BUSY', `all ${maxReaders} readers are leased to streams or read-only transactions`, {
          operation: 'read',
        }),
    }
  }
}
