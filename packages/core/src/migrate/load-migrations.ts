/**
 * What a provider gives, asked once and checked before any of it runs.
 *
 * It does not say which are pending: that is in the database.
 */
import type { Kysely } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { raceAbort } from '../abort/abort-error.ts'
import { invalidArgument, isStoreError, StoreError } from '../errors/store-error.ts'

/** Migrations by name. There is no way down here: `migrate()` does not go there. */
export type Migrations = Readonly<Record<string, { up(db: Kysely<any>): Promise<void> }>>

/** @throws INVALID_ARGUMENT for what is no migration, ABORTED, a StoreError of the provider; UNKNOWN for another error */
export async function loadMigrations(provider: MigrationProvider, signal: AbortSignal): Promise<Migrations> {
  const given: unknown = await raceAbort(ask(provider), signal, 'migrate')
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument('migrate: getMigrations must give an object of migrations by name', 'migrate')
  }
  return Object.fromEntries(
    Object.entries(given).map(([name, migration]: [string, any]) => {
      if (typeof migration?.up !== 'function') {
        throw invalidArgument(`migrate: the migration "${name}" has no function up`, 'migrate')
      }
      return [name, { up: async (db) => migration.up(db) }]
    }),
  )
}

async function ask(provider: MigrationProvider): Promise<unknown> {
  try {
    return await provider.getMigrations()
  } catch (error) {
    if (isStoreError(error)) throw error
    throw new StoreError('UNKNOWN', 'the provider could not give its migrations', {
      operation: 'migrate',
      cause: error,
    })
  }
}
