/**
 * Kysely's SQLite adapter with a migration lock that locks: Kysely's own is a no-op, and two processes would migrate
 * one file at the same time.
 */
import { type DialectAdapter, type Kysely, type MigrationLockOptions, SqliteAdapter } from 'kysely'
import { delay, systemClock } from '../abort/system-clock.ts'
import type { Clock } from '../contract/clock.ts'
import { StoreError } from '../errors/store-error.ts'
import type { SidecarHold, SidecarLock } from './sidecar-lock.ts'

const RETRY_MS = 20
/** A migration may take long; whoever waits for it waits at most this long. */
const TIMEOUT_MS = 600_000

/** What all our adapters are. */
class ConcurrentSqliteAdapter extends SqliteAdapter {
  /** If it were false, Kysely would put a single mutex over all connections. The write lock keeps writers apart. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** The adapter of a dialect whose engine is opened at its first use. */
export class LazySqliteAdapter extends ConcurrentSqliteAdapter {
  readonly #opened: () => Promise<DialectAdapter>

  /** `opened` answers the adapter of the opened engine; it is called when a migration lock is taken or given back. */
  constructor(opened: () => Promise<DialectAdapter>) {
    super()
    this.#opened = opened
  }

  /** Waits up to ten minutes for another process that migrates. @throws BUSY, and what opening throws */
  override async acquireMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    await (await this.#opened()).acquireMigrationLock(db, options)
  }

  /** Lets the next migrator in. */
  override async releaseMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    await (await this.#opened()).releaseMigrationLock(db, options)
  }
}

/** The adapter of an opened engine. */
export class UpkeepSqliteAdapter extends ConcurrentSqliteAdapter {
  readonly #sidecar: SidecarLock | undefined
  readonly #clock: Clock
  #inProcess: Promise<void> = Promise.resolve()
  #release: (() => void) | undefined

  /** Without a sidecar (a database in memory) only migrators of this process are kept apart. */
  constructor(sidecar: SidecarLock | undefined, clock: Clock = systemClock) {
    super()
    this.#sidecar = sidecar
    this.#clock = clock
  }

  override async acquireMigrationLock(_db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    const before = this.#inProcess
    let open: () => void = () => undefined
    this.#inProcess = new Promise((resolve) => {
      open = resolve
    })
    await before
    try {
      const held = await this.#acquireSidecar()
      this.#release = () => {
        held?.release()
        open()
      }
    } catch (error) {
      open()
      throw error
    }
  }

  override async releaseMigrationLock(_db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    const release = this.#release
    this.#release = undefined
    release?.()
  }

  async #acquireSidecar(): Promise<SidecarHold | undefined> {
    if (this.#sidecar === undefined) return undefined
    const startedMs = this.#clock.monotonicMs()
    for (;;) {
      const attempt = this.#sidecar.tryAcquire()
      if (attempt.held) return attempt
      if (this.#clock.monotonicMs() - startedMs > TIMEOUT_MS) {
        throw new StoreError('BUSY', `another migration is running: ${attempt.holder ?? 'unknown'}`, {
          operation: 'migrate',
        })
      }
      await delay(this.#clock, RETRY_MS, undefined, () => new Error('unreachable'))
    }
  }
}
