/**
 * Kysely's SQLite adapter with a migration lock that locks: Kysely's own is a no-op, and two processes would migrate
 * one file at the same time.
 */
import { type DialectAdapter, type Kysely, type MigrationLockOptions, SqliteAdapter } from 'kysely'
import type { MigrationLock } from './migration-lock.ts'

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
  readonly #lock: Pick<MigrationLock, 'acquire'>
  /** Kysely also gives back what it did not get: that must not be what somebody else has. */
  readonly #held = new WeakMap<Kysely<any>, () => void>()

  constructor(lock: Pick<MigrationLock, 'acquire'>) {
    super()
    this.#lock = lock
  }

  override async acquireMigrationLock(db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    this.#held.set(db, await this.#lock.acquire(undefined))
  }

  override async releaseMigrationLock(db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    const release = this.#held.get(db)
    this.#held.delete(db)
    release?.()
  }
}
