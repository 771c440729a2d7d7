/**
 * The connections of a store: lent to one at a time, given back clean or not at all.
 *
 * What is lost, is in a transaction, runs something, or whose state is not known is closed, and never lent again. Who
 * waits does so in order, with a signal and a limit. The one who has waited longest gets what comes free.
 */
import { type Clock, type PoolStats, StoreError } from '@upkeep/core'
import { PeakWindow, QueueMeter, type WaitLimit, WaitQueue } from '@upkeep/core/backend'
import type { ResolvedPoolOptions } from './postgres-options.ts'
import type { ServerConnection } from './server-connection.ts'

/** What a pool is made of. */
export interface PoolParts {
  readonly connect: (signal: AbortSignal | undefined) => Promise<ServerConnection>
  /** Makes a connection as it was when it was opened. A rejection closes it. */
  readonly reset: (connection: ServerConnection) => Promise<void>
  readonly options: ResolvedPoolOptions
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
}

/** A connection in the pool. */
interface Idle {
  readonly connection: ServerConnection
  readonly sinceMs: number
}

/** The part of its lifetime that is taken off at random at most: or all would be renewed at once. */
const LIFETIME_JITTER = 0.1

export class ConnectionPool {
  readonly #parts: PoolParts
  /** The last one to come is the first one to go: what is not needed grows old. */
  readonly #idle: Idle[] = []
  readonly #endsMs = new WeakMap<ServerConnection, number>()
  readonly #meter: QueueMeter
  readonly #queue: WaitQueue<undefined, ServerConnection | undefined>
  readonly #leased: PeakWindow
  #count = 0
  #sweep: unknown
  #isClosed = false

  constructor(parts: PoolParts) {
    this.#parts = parts
    this.#meter = new QueueMeter(parts.clock)
    this.#queue = new WaitQueue(parts.clock, this.#meter)
    this.#leased = new PeakWindow(parts.clock)
  }

  /** Opens what is to be there from the start. @throws what connecting says */
  async warm(signal: AbortSignal | undefined): Promise<void> {
    const { min } = this.#parts.options
    const opened = await Promise.allSettled(Array.from({ length: min }, () => this.lease(signal)))
    for (const one of opened) if (one.status === 'fulfilled') this.giveBack(one.value)
    for (const one of opened) if (one.status === 'rejected') throw one.reason
  }

  /** One that has nothing to do, if there is one. */
  tryLease(): ServerConnection | undefined {
    const nowMs = this.#parts.clock.monotonicMs()
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const { connection } = idle
      if (connection.isClean && !this.#isOld(connection, nowMs)) {
        this.#leased.set(this.leased, nowMs)
        return connection
      }
      this.#discard(connection)
    }
    return undefined
  }

  /** @throws BUSY when all stay leased for too long, ABORTED, what connecting says */
  async lease(signal: AbortSignal | undefined): Promise<ServerConnection> {
    for (;;) {
      const idle = this.tryLease()
      if (idle !== undefined) return idle
      if (this.#isClosed) throw closed()
      if (this.#count < this.#parts.options.max) return this.#open(signal)
      const granted = await this.#queue.wait(undefined, this.#limit(), signal, 'waiting for a connection')
      if (granted !== undefined) return granted
    }
  }

  /** One that has nothing to do, else one beyond the limit, so that nobody is waited for. */
  async besides(signal: AbortSignal | undefined): Promise<{ connection: ServerConnection; release: () => void }> {
    const idle = this.tryLease()
    if (idle !== undefined) return { connection: idle, release: () => this.giveBack(idle) }
    if (this.#count < this.#parts.options.max) {
      const opened = await this.#open(signal)
      return { connection: opened, release: () => this.giveBack(opened) }
    }
    const extra = await this.#parts.connect(signal)
    return { connection: extra, release: () => void extra.close() }
  }

  /** Never throws. */
  giveBack(connection: ServerConnection): void {
    if (connection.isClean) this.#returned(connection)
    else if (connection.isDirty && this.#canBeReset(connection)) void this.#reset(connection)
    else this.#discard(connection)
  }

  get leased(): number {
    return this.#count - this.#idle.length
  }

  stats(): PoolStats {
    return Object.freeze({
      ...this.#meter.snapshot(),
      limit: this.#parts.options.max,
      leased: this.leased,
      peakLeased: this.#leased.peak,
      recentPeakLeased: this.#leased.recentPeak,
    })
  }

  resetStats(): void {
    this.#meter.reset()
    this.#leased.reset()
  }

  /** Closes the idle ones now, and leased ones when they are given back. Resolves when the idle ones are gone. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#parts.clock.clearTimer(this.#sweep)
    const idle = this.#idle.splice(0)
    this.#count -= idle.length
    await Promise.all(idle.map(({ connection }) => connection.close()))
  }

  async #open(signal: AbortSignal | undefined): Promise<ServerConnection> {
    const { connect, clock, options, random } = this.#parts
    this.#count++
    this.#leased.set(this.leased)
    try {
      const connection = await connect(signal)
      const { maxLifetimeMs } = options
      const lifetimeMs = maxLifetimeMs === false ? Infinity : maxLifetimeMs * (1 - LIFETIME_JITTER * random())
      this.#endsMs.set(connection, clock.monotonicMs() + lifetimeMs)
      connection.onLost(() => this.#forgetIdle(connection))
      return connection
    } catch (error) {
      this.#leaves()
      throw error
    }
  }

  #canBeReset(connection: ServerConnection): boolean {
    return connection.lost === undefined && !connection.isSpoilt && !connection.inTransaction && !this.#isClosed
  }

  async #reset(connection: ServerConnection): Promise<void> {
    try {
      await this.#parts.reset(connection)
      connection.isDirty = false
    } catch {
      connection.isSpoilt = true
    }
    this.giveBack(connection)
  }

  #returned(connection: ServerConnection): void {
    const { clock } = this.#parts
    const nowMs = clock.monotonicMs()
    if (this.#isClosed || this.#isOld(connection, nowMs)) {
      this.#discard(connection)
      return
    }
    const next = this.#queue.shift()
    if (next !== undefined) {
      next.grant(connection)
      return
    }
    this.#idle.push({ connection, sinceMs: nowMs })
    this.#leased.set(this.leased, nowMs)
    this.#sweepLater()
  }

  /** Its place is free: who waits for one may open another. */
  #discard(connection: ServerConnection): void {
    if (connection.running === undefined) void connection.close()
    else connection.destroy(closed())
    this.#leaves()
  }

  #leaves(): void {
    this.#count--
    this.#leased.set(this.leased)
    this.#queue.shift()?.grant(undefined)
  }

  /** A connection that was lost while nobody had it. */
  #forgetIdle(connection: ServerConnection): void {
    const index = this.#idle.findIndex((idle) => idle.connection === connection)
    if (index < 0) return
    this.#idle.splice(index, 1)
    this.#leaves()
  }

  #isOld(connection: ServerConnection, nowMs: number): boolean {
    return nowMs >= (this.#endsMs.get(connection) ?? 0)
  }

  #sweepLater(): void {
    const { clock, options } = this.#parts
    if (this.#sweep !== undefined) return
    const sweep = (): void => {
      this.#sweep = undefined
      this.#closeIdle()
      if (this.#idle.length > 0) this.#sweepLater()
    }
    this.#sweep = clock.setTimer(sweep, options.idleTimeoutMs, true)
  }

  #closeIdle(): void {
    const { clock, options } = this.#parts
    const nowMs = clock.monotonicMs()
    for (const idle of [...this.#idle]) {
      const isUnused = nowMs - idle.sinceMs >= options.idleTimeoutMs && this.#count > options.min
      if (!isUnused && !this.#isOld(idle.connection, nowMs)) continue
      this.#idle.splice(this.#idle.indexOf(idle), 1)
      this.#discard(idle.connection)
    }
  }

  #limit(): WaitLimit {
    const { clock, options } = this.#parts
    const untilMs = clock.monotonicMs() + options.acquireTimeoutMs
    return {
      leftMs: () => untilMs - clock.monotonicMs(),
      error: () => new StoreError('BUSY', `all ${options.max} connections are in use`, { operation: 'connect' }),
    }
  }
}

function closed(): StoreError {
  return new StoreError('CLOSED', 'the store is closed', { operation: 'query' })
}
