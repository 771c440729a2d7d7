/**
 * Three migrations that notice being run twice: each creates a table that must not exist and leaves a row in
 * `migration_log`, which the test creates.
 */
import { columnTypes } from '@upkeep/core'
import type { Kysely } from 'kysely'
import type { Migration, MigrationProvider } from 'kysely/migration'

/** A provider of migrations that are given as functions, by name. */
export function providerOf(ups: Readonly<Record<string, (db: Kysely<any>) => unknown>>): MigrationProvider {
  const migrations = Object.entries(ups).map(([name, up]) => [
    name,
    { up: async (db: Kysely<any>) => void (await up(db)) },
  ])
  return { getMigrations: async () => Object.fromEntries(migrations) }
}

/** Their names, in order. */
export const MIGRATION_NAMES: readonly string[] = ['001_first', '002_second', '003_third']

/** `inFirst` is awaited in the middle of the first one. */
export function createMigrations(inFirst?: () => Promise<void>): MigrationProvider {
  const migrate = async (db: Kysely<any>, name: string): Promise<void> => {
    if (name === MIGRATION_NAMES[0]) await inFirst?.()
    await db.schema.createTable(`table_${name}`).addColumn('id', columnTypes(db).integer).execute()
    await db.insertInto('migration_log').values({ name }).execute()
  }
  const migrations: Record<string, Migration> = {}
  for (const name of MIGRATION_NAMES) migrations[name] = { up: (db) => migrate(db, name) }
  return { getMigrations: async () => migrations }
}

/** The same for an empty database: `migration_log` is made by one of them, which comes first. */
export function createMigrationsOfAll(): MigrationProvider {
  const others = createMigrations()
  return {
    getMigrations: async () => ({ '000_log': { up: createMigrationLog }, ...(await others.getMigrations()) }),
  }
}

/** Creates `migration_log`. */
export async function createMigrationLog(db: Kysely<any>): Promise<void> {
  await db.schema.createTable('migration_log').addColumn('name', columnTypes(db).text).execute()
}
