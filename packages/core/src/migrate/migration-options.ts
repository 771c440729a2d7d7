/** The options of `migrate()`, and of migrations that run while a store is opened: checked, with their defaults. */
import { DEFAULT_MIGRATION_LOCK_TABLE, DEFAULT_MIGRATION_TABLE, type MigrationProvider } from 'kysely/migration'
import { assertContext } from '../abort/deadline.ts'
import type { DeclaredSchema, MigrationContext, OpeningMigrations } from '../contract/migration.ts'
import { invalidArgument } from '../errors/store-error.ts'
import { assertKnownOptions, assertOneOf, givenOptions } from '../open/check-options.ts'

/** The defaults of {@link MigrationContext}. */
export const MIGRATION_DEFAULTS: Omit<ResolvedMigrationOptions, 'provider' | 'schema'> = {
  foreignKeys: 'check',
  migrationTableName: DEFAULT_MIGRATION_TABLE,
  allowUnorderedMigrations: false,
}

const OWN_OPTIONS = ['schema', 'foreignKeys', 'migrationTableName', 'allowUnorderedMigrations'] as const

/** {@link MigrationContext} with its defaults. */
export interface ResolvedMigrationOptions {
  readonly provider: MigrationProvider
  readonly schema: DeclaredSchema | undefined
  readonly foreignKeys: 'check' | 'enforce'
  readonly migrationTableName: string
  readonly allowUnorderedMigrations: boolean
}

/** Checks what `migrate()` is given and fills in the defaults. @throws INVALID_ARGUMENT */
export function resolveMigrationOptions(provider: MigrationProvider, ctx: MigrationContext): ResolvedMigrationOptions {
  if (typeof provider?.getMigrations !== 'function') {
    throw invalidArgument('migrate: the provider must have a method getMigrations', 'migrate')
  }
  assertContext(ctx, 'migrate', OWN_OPTIONS)
  const { schema, foreignKeys, migrationTableName, allowUnorderedMigrations } = {
    ...MIGRATION_DEFAULTS,
    schema: undefined,
    ...(givenOptions(ctx) as Partial<ResolvedMigrationOptions>),
  }
  assertOneOf(foreignKeys, 'foreignKeys', ['check', 'enforce'])
  assertOneOf(allowUnorderedMigrations, 'allowUnorderedMigrations', [true, false])
  assertTableName(migrationTableName)
  if (schema !== undefined) assertSchema(schema)
  return { provider, schema, foreignKeys, migrationTableName, allowUnorderedMigrations }
}

/** Checks the option `migrations` of opening a store. @throws INVALID_ARGUMENT */
export function assertOpeningMigrations(migrations: OpeningMigrations): void {
  assertKnownOptions(migrations, ['provider', 'timeoutMs', ...OWN_OPTIONS], 'migrations')
  const { provider, ...ctx } = migrations
  resolveMigrationOptions(provider, ctx)
}

function assertTableName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name === DEFAULT_MIGRATION_LOCK_TABLE) {
    throw invalidArgument('migrationTableName must be the name of a table of its own', 'migrate')
  }
}

function assertSchema(schema: unknown): void {
  const isNames = (columns: unknown): boolean =>
    Array.isArray(columns) && columns.every((column) => typeof column === 'string' && column !== '')
  if (typeof schema !== 'object' || schema === null || !Object.values(schema).every(isNames)) {
    throw invalidArgument('schema must be an object of tables, each with an array of column names', 'migrate')
  }
}
