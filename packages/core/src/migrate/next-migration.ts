/**
 * Kysely's Migrator, one migration at a time: which is next, and running it with its record.
 *
 * What the records say, and whether they fit the migrations, is Kysely's to decide. Transactions and locks are the
 * caller's; `db` is a Kysely on a session of ours, see session-adapter.ts.
 */
import type { Transaction } from 'kysely'
import { type MigrationResultSet, Migrator } from 'kysely/migration'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import { isCorruptMigrationsError } from '../kysely/kysely-internals.ts'
import type { Migrations } from './load-migrations.ts'
import type { ResolvedMigrationOptions } from './migration-options.ts'

/** Stands in for a migration that would run. */
const PENDING = new Error('this one is next')

/**
 * The name of the first one that is pending. Makes Kysely's tables where they are missing, and only reads otherwise.
 *
 * @throws SCHEMA_MISMATCH where the records do not fit
 */
export async function nextMigration(
  db: Transaction<any>,
  migrations: Migrations,
  options: ResolvedMigrationOptions,
): Promise<string | undefined> {
  const inert = Object.keys(migrations).map((name) => [name, { up: () => Promise.reject(PENDING) }])
  const { error, results = [] } = await migrateUp(db, Object.fromEntries(inert), options)
  if (error === PENDING) return results[0]?.migrationName
  if (error !== undefined) throw refused(error)
  return undefined
}

/** Runs the first pending one and records it. @throws what it failed with, as it is */
export async function runNextMigration(
  db: Transaction<any>,
  migrations: Migrations,
  options: ResolvedMigrationOptions,
): Promise<void> {
  const { error, results = [] } = await migrateUp(db, migrations, options)
  // Whatever can be thrown may be `undefined`.
  if (error !== undefined || results.some(({ status }) => status !== 'Success')) throw error
}

function migrateUp(
  db: Transaction<any>,
  migrations: Migrations,
  { migrationTableName, allowUnorderedMigrations }: ResolvedMigrationOptions,
): Promise<MigrationResultSet> {
  const provider = { getMigrations: async () => migrations }
  return new Migrator({ db, provider, migrationTableName, allowUnorderedMigrations }).migrateUp()
}

function refused(error: unknown): StoreError {
  if (isStoreError(error)) return error
  const options = { operation: 'migrate', cause: error }
  if (isCorruptMigrationsError(error)) return new StoreError('SCHEMA_MISMATCH', error.message, options)
  return new StoreError('UNKNOWN', 'the migrations could not be read', options)
}
