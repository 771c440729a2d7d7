/** The migrations of the city database: the demo's own, and those of the page in examples/browser. */
import type { Kysely } from 'kysely'
import type { MigrationProvider } from 'kysely/migration'
import { createSchema } from './schema.ts'

const migrations = {
  '001-cities': { up: (db: Kysely<any>) => createSchema(db) },
}

export const cityMigrations: MigrationProvider = { getMigrations: async () => migrations }
