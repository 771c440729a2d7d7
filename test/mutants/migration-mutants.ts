// Faults of migrations: the lock, the order, the foreign keys, the declared schema.
import { CORE, type Mutant, SQLITE } from './mutant.ts'

export const MIGRATION_MUTANTS: readonly Mutant[] = [
  {
    fault: 'the migration lock does nothing',
    file: `${SQLITE}/migration-lock.js`,
    find: 'const limit = this.#limit();',
    replace: 'return () => undefined;\nconst limit = this.#limit();',
    noticedBy: ['migrationLock', 'two stores: the second waits'],
  },
  {
    fault: 'migrate does not check foreign keys',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'beforeCommit: async () => check?.(),',
    replace: '',
    noticedBy: ['tableRebuild', 'one that loses a row'],
  },
  {
    fault: 'foreign keys act while a table is made anew',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'await foreignKeys?.suspend(session, {});',
    replace: '',
    noticedBy: ['tableRebuild', 'keeps the rows that refer to it'],
  },
  {
    fault: 'every row that refers to nothing is the fault of the migration',
    file: `${SQLITE}/foreign-keys.js`,
    find: '?.count ?? 0',
    replace: '?.nothing ?? 0',
    noticedBy: ['tableRebuild', 'what was broken before is not its fault'],
  },
  {
    fault: 'the declared schema is not verified',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'if (schema === undefined)',
    replace: 'if (true)',
    noticedBy: ['migrationRecords', 'a schema that is not there'],
  },
  {
    fault: 'migrations are not tried once more',
    file: `${CORE}/migrate/migration-runner.js`,
    find: '// A provider that reads a folder',
    replace: "throw refuse('SCHEMA_MISMATCH', 'at once'); //",
    noticedBy: ['migrationRecords', 'only the second look finds'],
  },
  {
    fault: 'half of a migration that failed is kept',
    file: `${CORE}/store/run-transaction.js`,
    find: 'await session.rollback().catch(() => undefined);',
    replace: 'await session.commit().catch(() => undefined);',
    noticedBy: ['migrate', 'one that fails leaves nothing'],
  },
  {
    fault: 'migrate takes no lock',
    file: `${CORE}/migrate/migration-runner.js`,
    find: 'await this.#parts.engine.lockMigrations({ signal: run.signal })',
    replace: '{ [Symbol.asyncDispose]: async () => undefined }',
    noticedBy: ['migrateStops', 'the lock of another store'],
  },
  {
    fault: 'who waits for a migrator cannot be aborted',
    file: `${SQLITE}/sqlite-engine.js`,
    find: 'await this.#migrationLock.acquire(signal)',
    replace: 'await this.#migrationLock.acquire(undefined)',
    noticedBy: ['migrateStops', 'the lock of another process'],
  },
  {
    fault: 'a migrator that gave up gives back the lock of another',
    file: `${CORE}/kysely/migration-lock-adapter.js`,
    find: 'held = new WeakMap();',
    replace: 'held = { set(_, one) { this.one = one }, get() { return this.one }, delete() { this.one = undefined } };',
    noticedBy: ['migrationLock', 'one that gives up after ten minutes'],
  },
  {
    fault: 'close lets the next migration begin',
    file: `${CORE}/store/lease-session.js`,
    find: 'lifecycle.assertOpen(operation);',
    replace: 'if (!isPart) lifecycle.assertOpen(operation);',
    noticedBy: ['migrateStops', 'close waits for the migration that runs'],
  },
  {
    fault: 'the default of now has no milliseconds',
    file: `${CORE}/values/column-defaults.js`,
    find: '%fZ',
    replace: '%SZ',
    noticedBy: ['columnDefaults', 'now compares and sorts'],
  },
]
