/**
 * Everything of Kysely that we rely on beyond its documented use, in one place, each with a test
 * (`test/kysely-internals.test.ts`).
 *
 * 1. `new Kysely(props)` and `new Transaction(props)` take ready-made props with an executor and a driver of ours.
 * 2. `Kysely.destroy()` calls `driver.destroy()`; transaction builders call the driver's methods with the connection
 *    that `executor.provideConnection` gave.
 * 3. An error marked with `Symbol.for('kysely.AbortedTransactionError')` tells the builders that the transaction is
 *    over, so that they do not roll back again.
 * 4. Where its records of migrations do not fit the migrations, the Migrator fails with a plain error whose message
 *    begins with "corrupted migrations".
 * 5. The Migrator asks `db.isTransaction`, and the adapter of `db`'s executor whether that may be and for its lock.
 */
import { type Dialect, type Driver, Kysely, type KyselyProps, type QueryExecutor } from 'kysely'

/** Builds a Kysely whose executor and driver are ours. */
export function createKysely<DB>(props: KyselyProps): Kysely<DB> {
  return new Kysely<DB>(props)
}

/** The props that {@link createKysely} takes. */
export function kyselyProps(dialect: Dialect, driver: Driver, executor: QueryExecutor): KyselyProps {
  return { config: { dialect }, dialect, driver, executor } as unknown as KyselyProps
}

const ABORTED_TRANSACTION = Symbol.for('kysely.AbortedTransactionError')

/** Marks `error` as "the transaction was rolled back instead of committed". */
export function markTransactionOver<E extends Error>(error: E): E {
  return Object.defineProperty(error, ABORTED_TRANSACTION, { value: true, configurable: true })
}

/** Whether Kysely's Migrator says that its records and the migrations do not fit together. */
export function isCorruptMigrationsError(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('corrupted migrations')
}
