/**
 * What a maintainer notes for later runs and for other processes: a small table in the database itself, in the schema
 * that new tables go to. It is made with the first note; where it must not be made, there are no notes.
 */
import type { ServerConnection } from './server-connection.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

/** Its name. */
export const NOTE_TABLE = 'upkeep_note'

/** `undefined` where nothing was noted, or nothing can be. */
export async function recallNote(
  runner: StatementRunner,
  connection: ServerConnection,
  key: string,
  limits: StatementLimits,
): Promise<string | undefined> {
  const run = (sql: string, ...values: string[]) => runner.execute(connection, { sql, values, kind: 'read' }, limits)
  const { rows: found } = await run(`select to_regclass($1) is not null as "isThere"`, NOTE_TABLE)
  if ((found[0] as { isThere: boolean } | undefined)?.isThere !== true) return undefined
  const { rows } = await run(`select value from ${NOTE_TABLE} where key = $1`, key)
  return (rows[0] as { value: string } | undefined)?.value
}

/** Keeps all of `notes`, in place of those of the same keys. @throws what the server says, PERMISSION among it */
export async function keepNotes(
  runner: StatementRunner,
  connection: ServerConnection,
  notes: ReadonlyMap<string, string>,
  limits: StatementLimits,
): Promise<void> {
  if (notes.size === 0) return
  const table = `create table if not exists ${NOTE_TABLE} (key text primary key, value text not null)`
  await runner.execute(connection, { sql: table, values: [], kind: 'command' }, limits)
  const upsert = `insert into ${NOTE_TABLE} (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`
  for (const [key, value] of notes) {
    await runner.execute(connection, { sql: upsert, values: [key, value], kind: 'write' }, limits)
  }
}
