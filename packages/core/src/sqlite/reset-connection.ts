/**
 * Sets a connection that was leased back to what it was, where no fresh one can take its place.
 *
 * TEMP objects and functions of the application stay.
 */
import { AUTOCHECKPOINT_PAGES } from './autocheckpoint.ts'
import { applyPragmas } from './pragmas.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { ResolvedSqliteOptions } from './sqlite-options.ts'

/** Flags a statement can have changed and {@link applyPragmas} does not set; with SQLite's own defaults. */
const OTHER_FLAGS = {
  case_sensitive_like: 0,
  defer_foreign_keys: 0,
  ignore_check_constraints: 0,
  legacy_alter_table: 0,
  max_page_count: 4_294_967_294,
  recursive_triggers: 0,
  reverse_unordered_selects: 0,
  wal_autocheckpoint: AUTOCHECKPOINT_PAGES,
  writable_schema: 0,
} as const

/** Rolls back what is open, sets every pragma again and detaches what was attached. */
export function resetInPlace(connection: SqliteConnection, options: ResolvedSqliteOptions): void {
  if (connection.inTransaction) connection.undo('ROLLBACK')
  connection.settleCursors()
  applyPragmas(connection.db, options, 'writer')
  for (const [name, value] of Object.entries(OTHER_FLAGS)) connection.db.exec(`PRAGMA ${name} = ${value}`)
  for (const row of connection.db.prepare('PRAGMA database_list').all([])) {
    const name = String(row.name)
    if (name !== 'main' && name !== 'temp') connection.db.exec(`DETACH DATABASE "${name.replaceAll('"', '""')}"`)
  }
}
