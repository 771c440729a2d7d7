/**
 * The small table in which maintainers leave what later ones, and other processes, may read: notes, and the lease of the
 * maintainer itself.
 *
 * It is made when it is first needed, in the schema where the application's own tables are made. Where that is not
 * permitted there are no notes.
 */
import { isStoreError } from '@upkeep/core'
import type { Ask } from './dedicated-client.ts'
import { qualifiedName } from './quote-name.ts'

/** Its name. */
export const NOTES_TABLE = 'upkeep_maintenance'

/** Two that make it at the same time: one gets one of these. */
const MADE_BY_ANOTHER = ['23505', '42P07', '42710', 'XX000']

/** The name of the table, quoted. */
export function notesTable(schema: string): string {
  return qualifiedName({ schema, name: NOTES_TABLE })
}

/** Answers whether the table is there and can be used, having made it if need be. @throws the driver's errors */
export async function ensureNotesTable(ask: Ask, schema: string): Promise<boolean> {
  const table = notesTable(schema)
  for (let attempt = 1; ; attempt++) {
    const access = await readAccess(ask, table)
    if (access !== 'none') return access === 'write'
    try {
      await ask(`CREATE TABLE IF NOT EXISTS ${table} (
        key text PRIMARY KEY, value text NOT NULL, holder text, kind text, expires_at timestamptz)`)
      return true
    } catch (error) {
      if (!isStoreError(error)) throw error
      if (error.code === 'PERMISSION' || error.code === 'READONLY') return false
      if (attempt === 3 || !MADE_BY_ANOTHER.includes(error.nativeCode ?? '')) throw error
    }
  }
}

/** What was noted under `key`, in the first schema of the search path; `undefined` for never, and where none may be read. */
export async function recallNote(ask: Ask, key: string): Promise<string | undefined> {
  const [found] = await ask("SELECT quote_ident(current_schema()) || '.' || quote_ident($1) AS name", [NOTES_TABLE])
  if (typeof found?.name !== 'string') return undefined
  const access = await readAccess(ask, found.name)
  if (access !== 'write' && access !== 'read') return undefined
  const [row] = await ask(`SELECT value FROM ${found.name} WHERE key = $1`, [key])
  return typeof row?.value === 'string' ? row.value : undefined
}

/** What this role may do with `table`; `none` where it is not there. */
async function readAccess(ask: Ask, table: string): Promise<'none' | 'refused' | 'read' | 'write'> {
  const [row] = await ask(
    `SELECT to_regclass($1) IS NOT NULL AS there, has_table_privilege(to_regclass($1), 'SELECT') AS reads,
      has_table_privilege(to_regclass($1), 'INSERT') AND has_table_privilege(to_regclass($1), 'UPDATE') AS writes`,
    [table],
  )
  if (row?.there !== true) return 'none'
  if (row.reads !== true) return 'refused'
  return row.writes === true ? 'write' : 'read'
}

export async function writeNotes(ask: Ask, schema: string, notes: ReadonlyMap<string, string>): Promise<void> {
  for (const [key, value] of notes) {
    await ask(
      `INSERT INTO ${notesTable(schema)} (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [key, value],
    )
  }
}
