/**
 * The lock that one migrator has at a time: a queue within the store, and a sidecar file among stores and processes.
 *
 * Kysely's own Migrator takes it through the adapter, `store.migrate()` through the engine. It locks nothing in the
 * database: the application goes on beside it.
 */
import { abortError } from '../abort/abort-error.ts'
import { delay } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import { StoreError } from '../errors/store-error.ts'
import { type WaitLimit, WaitQueue } from '../session/wait-queue.ts'
import type { SidecarHold, SidecarLock } from './sidecar-lock.ts'

const RETRY_MS = 20
/** A migration may take long; whoever waits for it waits at most this long. */
const TIMEOUT_MS = 600_000
const WAITING = 'waiting for another migration'

/** What a {@link MigrationLock} is made of. */
export interface MigrationLockParts {
  /** Absent for a database in memory: only migrators of its one store are kept apart. */
  readonly sidecar: SidecarLock | undefined
  readonly clock: Clock
  /** @throws NESTED_USE where whoever holds the lock may be waiting for the caller */
  readonly assertNotNested: () => void
  /** Makes a StoreError of what the driver threw. */
  readonly classify: (error: unknown) => StoreError
}

export class MigrationLock {
  readonly #parts: MigrationLockParts
  readonly #queue: WaitQueue<undefined, void>
  #isTaken = false

  constructor(parts: MigrationLockParts) {
    this.#parts = parts
    this.#queue = new WaitQueue(parts.clock)
  }

  /** Waits for the lock; the answer gives it back. @throws BUSY after ten minutes, NESTED_USE, ABORTED */
  async acquire(signal: AbortSignal | undefined): Promise<() => void> {
    this.#parts.assertNotNested()
    const limit = this.#limit()
    await this.#enter(limit, signal)
    try {
      const held = await this.#acquireSidecar(limit, signal)
      return () => this.#release(held)
    } catch (error) {
      this.#leave()
      throw this.#parts.classify(error)
    }
  }

  async #enter(limit: WaitLimit, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isTaken) await this.#queue.wait(undefined, limit, signal, WAITING)
    this.#isTaken = true
  }

  #leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#isTaken = false
    else next.grant()
  }

  async #acquireSidecar(limit: WaitLimit, signal: AbortSignal | undefined): Promise<SidecarHold | undefined> {
    const { sidecar, clock } = this.#parts
    if (sidecar === undefined) return undefined
    for (;;) {
      if (signal?.aborted === true) throw abortError(signal, WAITING)
      const attempt = sidecar.tryAcquire()
      if (attempt.held) return attempt
      if (limit.leftMs() <= 0) throw busy(attempt.holder ?? 'unknown')
      await delay(clock, RETRY_MS, signal, (aborted) => abortError(aborted, WAITING))
    }
  }

  #release(held: SidecarHold | undefined): void {
    try {
      held?.release()
    } finally {
      this.#leave()
    }
  }

  #limit(): WaitLimit {
    const { clock } = this.#parts
    const untilMs = clock.monotonicMs() + TIMEOUT_MS
    return { leftMs: () => untilMs - clock.monotonicMs(), error: () => busy('this store') }
  }
}

function busy(holder: string): StoreError {
  return new StoreError('BUSY', `another migration is running: ${holder}`, { operation: 'migrate' })
}
