/** Kysely's Postgres adapter, with a migration lock on a connection of its own. */
import { type DialectAdapter, type Kysely, type MigrationLockOptions, PostgresAdapter } from 'kysely'
import type { MigrationLock } from './migration-lock.ts'

/** The adapter of a dialect whose engine is opened at its first use. */
export class LazyPostgresAdapter extends PostgresAdapter {
  readonly #opened: () => Promise<DialectAdapter>

  /** `opened` answers the adapter of the opened engine; it is called when a migration lock is taken or given back. */
  constructor(opened: () => Promise<DialectAdapter>) {
    super()
    this.#opened = opened
  }

  override async acquireMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    await (await this.#opened()).acquireMigrationLock(db, options)
  }

  override async releaseMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    await (await this.#opened()).releaseMigrationLock(db, options)
  }
}

/** The adapter of an opened engine. */
export class UpkeepPostgresAdapter extends PostgresAdapter {
  readonly #lock: MigrationLock
  /** Kysely also gives back what it did not get: that must not be what somebody else has. */
  readonly #held = new WeakMap<Kysely<any>, () => Promise<void>>()

  constructor(lock: MigrationLock) {
    super()
    this.#lock = lock
  }

  override async acquireMigrationLock(db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    this.#held.set(db, await this.#lock.acquire({}))
  }

  override async releaseMigrationLock(db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    const release = this.#held.get(db)
    this.#held.delete(db)
    await release?.()
  }
}
