/**
 * A dialect's adapter, as Kysely's Migrator must see it on a session of ours: the lock is held already, and a migration
 * may run in a transaction, which Kysely believes of no SQLite. All else is the dialect's own.
 *
 * Source: https://www.sqlite.org/lang_transaction.html: a schema change is part of its transaction like any write.
 */
import type { DialectAdapter } from 'kysely'

const OVERRIDES: Readonly<Record<string, unknown>> = {
  supportsTransactionalDdl: true,
  acquireMigrationLock: async () => undefined,
  releaseMigrationLock: async () => undefined,
} satisfies Partial<DialectAdapter>

/** Still an instance of its class: that is how one dialect is told from another. */
export function createSessionAdapter(adapter: DialectAdapter): DialectAdapter {
  return new Proxy(adapter, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(OVERRIDES, name)) return OVERRIDES[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
