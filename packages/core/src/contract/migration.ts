/** What `store.migrate()` takes and answers. */
import type { MigrationProvider } from 'kysely/migration'
import type { Context } from './context.ts'

/**
 * Tables, or views, and those of their columns that the application relies on: `{ person: ['id', 'name'] }`. Names are
 * those in the database, before any plugin; a table of another schema is `schema.table`.
 */
export type DeclaredSchema = Readonly<Record<string, readonly string[]>>

/** Options of `store.migrate()`. */
export interface MigrationContext extends Context {
  /**
   * Checked afterwards: each table and column must exist. If one does not, pending migrations are run once more and it
   * is checked again; then it is `SCHEMA_MISMATCH`. @default nothing is checked
   */
  readonly schema?: DeclaredSchema | undefined
  /**
   * What foreign keys do meanwhile on SQLite. `'check'`: they are not enforced, so that a table can be rebuilt without
   * losing the rows that refer to it, and every table is checked before each migration commits: one after which more
   * rows of a table refer to nothing than before is `CONSTRAINT`. `'enforce'`: they act as always. Other engines always
   * enforce. Source: https://www.sqlite.org/lang_altertable.html#otheralter
   * @default 'check'
   */
  readonly foreignKeys?: 'check' | 'enforce' | undefined
  /** Where Kysely's migrator keeps its records. @default 'kysely_migration' */
  readonly migrationTableName?: string | undefined
  /** Runs migrations whose names sort before one that has been run. @default false */
  readonly allowUnorderedMigrations?: boolean | undefined
}

/** Migrations that are run while a store is opened; the `signal` that opening was given ends them too. */
export interface OpeningMigrations extends Omit<MigrationContext, 'signal'> {
  /** Where they come from. */
  readonly provider: MigrationProvider
}

/** What `store.migrate()` resolves to. */
export interface MigrationReport {
  /** When it began; a Date of one's own each time it is read. */
  readonly startedAt: Date
  /** How long it took, waiting for another migrator included, in milliseconds. */
  readonly durationMs: number
  /** Names of the migrations that this call has run, in their order. */
  readonly applied: readonly string[]
  /** `true` where a schema was declared, which then was found; `undefined` where none was. */
  readonly verified: true | undefined
}
