/**
 * What of a declared schema cannot be selected.
 *
 * It asks the database itself, by a query that reads nothing: so its own rules of case and search path hold, generated
 * columns and views count, and a view that has lost a table does not. It says nothing of types.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { assertNotAborted } from '../abort/abort-error.ts'
import type { DeclaredSchema } from '../contract/migration.ts'
import { isStoreError } from '../errors/store-error.ts'

/** The declared tables, and `table.column`s, that are missing. `db` has no plugins. */
export async function missingNames(db: Kysely<any>, schema: DeclaredSchema, signal: AbortSignal): Promise<string[]> {
  const missing: string[] = []
  for (const [table, columns] of Object.entries(schema)) {
    assertNotAborted(signal, 'migrate')
    if (await isThere(db, table, columns)) continue
    if (!(await isThere(db, table, []))) missing.push(table)
    else for (const column of columns) if (!(await isThere(db, table, [column]))) missing.push(`${table}.${column}`)
  }
  return missing
}

async function isThere(db: Kysely<any>, table: string, columns: readonly string[]): Promise<boolean> {
  try {
    await selectNothing(table, columns).execute(db)
    return true
  } catch (error) {
    if (isStoreError(error) && error.code === 'SYNTAX') return false
    throw error
  }
}

/** Columns are qualified: SQLite may take a bare name in quotes that is none for a text. */
function selectNothing(table: string, columns: readonly string[]): RawBuilder<unknown> {
  const list = columns.length === 0 ? sql`1` : sql.join(columns.map((column) => sql.id('declared', column)))
  return sql`select ${list} from ${sql.table(table)} as ${sql.id('declared')} limit 0`
}
