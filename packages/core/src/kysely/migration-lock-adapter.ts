/** Kysely's adapters, with a migration lock of ours: Kysely has none for SQLite, and one of the session for Postgres. */
import type { DialectAdapter, Kysely } from 'kysely'

/** Gives a new `adapter` this lock in place of its own. `lock` waits for it; the answer gives it back. */
export function withMigrationLock<A extends DialectAdapter>(adapter: A, lock: () => Promise<AsyncDisposable>): A {
  // Kysely also gives back what it did not get: that must not be what somebody else has.
  const held = new WeakMap<Kysely<any>, AsyncDisposable>()
  return Object.assign(adapter, {
    async acquireMigrationLock(db: Kysely<any>): Promise<void> {
      held.set(db, await lock())
    },
    async releaseMigrationLock(db: Kysely<any>): Promise<void> {
      const hold = held.get(db)
      held.delete(db)
      await hold?.[Symbol.asyncDispose]()
    },
  })
}
