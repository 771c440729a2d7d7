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

/** Answers whether the table is there, having made it if need be. @throws the driver's errors */
export async function ensureNotesTable(ask: Ask, schema: string): Promise<boolean> {
  const table = notesTable(schema)
  for (let attempt = 1; ; attempt++) {
    const [found] = await ask('SELECT to_regclass($1) IS NOT NULL AS yes', [table])
    if (found?.yes === true) return true
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

/** What was noted under `key`, in the first schema of the search path; `undefined` for never. */
export async function recallNote(ask: Ask, key: string): Promise<string | undefined> {
  const [found] = await ask(
    `SELECT quote_ident(current_schema()) AS schema, to_regclass(quote_ident(current_schema()) || '.${NOTES_TABLE}') IS NOT NULL AS yes`,
  )
  if (found?.yes !== true) return undefined
  const [row] = await ask(`SELECT value FROM ${String(found.schema)}.${NOTES_TABLE} WHERE key = $1`, [key])
  return typeof row?.value === 'string' ? row.value : undefined
}

export async function writeNotes(ask: Ask, schema: string, notes: ReadonlyMap<string, string>): Promise<void> {
  for (const [key, value] of notes) {
    await ask(
      `INSERT INTO ${notesTable(schema)} (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      [key, value],
    )
  }
}
