/**
 * The workers of a store: started when somebody needs one, kept while they are warm, closed when they have been idle for
 * long, are old, or have died.
 *
 *   start ──▶ leased ──giveBack()──▶ idle ──idleTimeoutMs──▶ closed
 *               ▲                     │
 *               └──────lease()────────┘
 *
 * Writers exclude each other by the lock of the store, so that one place kept for writing means that whoever has that
 * lock never waits here behind readers.
 */
import { raceAbort } from '../../abort/abort-error.ts'
import type { Clock } from '../../contract/clock.ts'
import type { PoolStats } from '../../contract/stats.ts'
import { StoreError } from '../../errors/store-error.ts'
import { PeakWindow } from '../../metrics/peak-window.ts'
import { QueueMeter } from '../../metrics/queue-meter.ts'
import { type WaitLimit, WaitQueue } from '../../session/wait-queue.ts'
import { type BusyPolicy, retryWhileBusy } from '../busy-wait.ts'
import type { ExecutorPoolOptions, SqliteExecutors } from './executor.ts'
import { RemoteConnection } from './remote-connection.ts'

/** What a worker is leased for. */
export type WorkerUse = 'read' | 'write'

export class ExecutorPool {
  readonly #executors: SqliteExecutors
  readonly #options: ExecutorPoolOptions
  readonly #clock: Clock
  readonly #busy: BusyPolicy
  readonly #meter: QueueMeter
  readonly #queue: WaitQueue<WorkerUse, void>
  readonly #leased: PeakWindow
  /** Who came back last is last. */
  readonly #idle: { readonly connection: RemoteConnection; readonly sinceMs: number }[] = []
  /** What must have ended before the pool is closed. */
  readonly #closing = new Set<Promise<void>>()
  #leasedCount = 0
  #timer: unknown
  #isClosed = false

  constructor(executors: SqliteExecutors, options: ExecutorPoolOptions, clock: Clock, busy: BusyPolicy) {
    this.#executors = executors
    this.#options = options
    this.#clock = clock
    this.#busy = busy
    this.#meter = new QueueMeter(clock)
    this.#queue = new WaitQueue(clock, this.#meter)
    this.#leased = new PeakWindow(clock)
  }

  /** Whether what changes the database may run here. */
  get canWrite(): boolean {
    return this.#executors.canWrite
  }

  /** How many somebody has. */
  get leased(): number {
    return this.#leasedCount
  }

  stats(): PoolStats {
    return Object.freeze({
      ...this.#meter.snapshot(),
      limit: this.#options.max,
      leased: this.#leasedCount,
      peakLeased: this.#leased.peak,
      recentPeakLeased: this.#leased.recentPeak,
    })
  }

  resetStats(): void {
    this.#meter.reset()
    this.#leased.reset()
  }

  /** Starts those that are kept. What fails here fails again, and is told, when somebody needs one. */
  async warmUp(): Promise<void> {
    const started = Array.from({ length: this.#options.warm }, () => this.lease('write', undefined))
    for (const outcome of await Promise.allSettled(started)) {
      if (outcome.status === 'fulfilled') this.giveBack(outcome.value)
    }
  }

  /** @throws ABORTED; BUSY when all stay leased for longer than the busy timeout; what opening the database says */
  async lease(use: WorkerUse, signal: AbortSignal | undefined): Promise<RemoteConnection> {
    const limit = this.#limit()
    const isBehindOthers = use === 'read' && this.#queue.size > 0
    for (let mustWait = isBehindOthers || !this.#hasRoom(use); mustWait; mustWait = !this.#hasRoom(use)) {
      await this.#queue.wait(use, limit, signal, 'waiting for a worker')
    }
    this.#leasedCount++
    this.#leased.set(this.#leasedCount)
    const idle = this.#takeIdle()
    if (idle !== undefined) return idle
    const starting = this.#start(signal)
    try {
      return await raceAbort(starting, signal, 'waiting for a worker')
    } catch (error) {
      // Who is aborted does not wait until a thread has started, which cannot be stopped: the next one has it then.
      const handedOn = starting
        .then(
          (connection) => this.giveBack(connection),
          () => this.#freed(),
        )
        .finally(() => this.#closing.delete(handedOn))
      this.#closing.add(handedOn)
      throw error
    }
  }

  /** `isSpent`: nobody else may have it. */
  giveBack(connection: RemoteConnection, isSpent = false): void {
    if (isSpent || this.#isClosed || !connection.isReusable || this.#isOld(connection)) this.#close(connection)
    else {
      this.#idle.push({ connection, sinceMs: this.#clock.monotonicMs() })
      this.#sweepLater()
    }
    this.#freed()
  }

  /** Closes those that are idle now, and leased ones when they come back. Resolves when they have gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#clock.clearTimer(this.#timer)
    await this.closeIdle()
    this.#executors.end()
  }

  /** Closes those that nobody has, and those that start for nobody. Resolves when they have gone. */
  async closeIdle(): Promise<void> {
    for (;;) {
      for (const { connection } of this.#idle.splice(0)) this.#close(connection)
      if (this.#closing.size === 0) return
      await Promise.all(this.#closing)
    }
  }

  /** Those that read leave one place free, if there are two. */
  #hasRoom(use: WorkerUse): boolean {
    const { max } = this.#options
    return this.#leasedCount < (use === 'write' || max === 1 || !this.canWrite ? max : max - 1)
  }

  #takeIdle(): RemoteConnection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const { connection } = idle
      if (connection.isReusable && !this.#isOld(connection)) return connection
      this.#close(connection)
    }
    return undefined
  }

  async #start(signal: AbortSignal | undefined): Promise<RemoteConnection> {
    const connection = new RemoteConnection(this.#executors.start(), this.#clock.monotonicMs())
    try {
      await retryWhileBusy(this.#busy, signal, () => connection.open(signal))
      return connection
    } catch (error) {
      this.#close(connection)
      throw error
    }
  }

  #freed(): void {
    this.#leasedCount--
    this.#leased.set(this.#leasedCount)
    // A read that has no room yet must not keep a write from the place that is kept for it.
    this.#queue.shift((use) => this.#hasRoom(use))?.grant()
  }

  #isOld({ startedMs }: RemoteConnection): boolean {
    return this.#clock.monotonicMs() - startedMs >= this.#options.maxLifetimeMs
  }

  #close(connection: RemoteConnection): void {
    const closing = connection.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #sweepLater(): void {
    if (this.#timer !== undefined || this.#idle.length <= this.#options.warm) return
    this.#timer = this.#clock.setTimer(() => this.#sweep(), this.#options.idleTimeoutMs, true)
  }

  #sweep(): void {
    this.#timer = undefined
    const untilMs = this.#clock.monotonicMs() - this.#options.idleTimeoutMs
    while (this.#idle.length > this.#options.warm && (this.#idle[0]?.sinceMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
      const idle = this.#idle.shift()
      if (idle !== undefined) this.#close(idle.connection)
    }
    this.#sweepLater()
  }

  #limit(): WaitLimit {
    const startedMs = this.#clock.monotonicMs()
    return {
      leftMs: () => this.#busy.timeoutMs - (this.#clock.monotonicMs() - startedMs),
      error: () =>
        new StoreError('BUSY', `all ${this.#options.max} workers are taken by long statements`, { operation: 'query' }),
    }
  }
}
