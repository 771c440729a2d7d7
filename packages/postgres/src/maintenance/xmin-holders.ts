/**
 * Who keeps dead rows from being removed: sessions with an old snapshot, replication slots, prepared transactions.
 *
 * It names them; it ends nobody.
 * Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY
 */
import type { Ask } from './dedicated-client.ts'

/** One that holds the horizon back. */
export interface XminHolder {
  readonly kind: 'session' | 'slot' | 'prepared'
  /** In words, for a report: kind, pid or name. */
  readonly label: string
  /** How many transactions have begun since. */
  readonly xminAge: number
  /** Equal for the same snapshot of the same holder, and for no other. */
  readonly identity: string
}

/** A VACUUM does not look at others of its sort. What a session of another database sees is none of our rows. */
const HOLDERS = `
  SELECT 'session' AS kind, a.pid::text AS name, a.application_name AS app, a.state AS state,
    greatest(age(a.backend_xmin), age(a.backend_xid))::float8 AS xmin_age,
    concat_ws('/', a.pid, a.backend_xmin, a.backend_xid, extract(epoch FROM a.xact_start)) AS snapshot
  FROM pg_stat_activity a
  WHERE (a.datname = current_database() OR a.backend_type = 'walsender')
    AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
    AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'
    AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
  UNION ALL
  SELECT 'slot', s.slot_name::text, NULL, CASE WHEN s.active THEN 'active' ELSE 'inactive' END,
    age(s.xmin)::float8, concat_ws('/', s.slot_name, s.xmin)
  FROM pg_replication_slots s WHERE s.xmin IS NOT NULL
  UNION ALL
  SELECT 'prepared', p.gid, NULL, NULL, age(p.transaction)::float8, concat_ws('/', p.gid, p.transaction)
  FROM pg_prepared_xacts p WHERE p.database = current_database()
  ORDER BY 5 DESC`

/** The oldest first. Those whose application name begins with `ownName` are left out: they are ours. */
export async function readXminHolders(ask: Ask, ownName?: string): Promise<readonly XminHolder[]> {
  const rows = await ask(HOLDERS)
  return rows
    .filter(({ app }) => ownName === undefined || typeof app !== 'string' || !app.startsWith(ownName))
    .map(({ kind, name, app, state, xmin_age, snapshot }) => ({
      kind: kind as XminHolder['kind'],
      label: labelOf(String(kind), String(name), app, state),
      xminAge: Number(xmin_age),
      identity: `${kind}/${snapshot}`,
    }))
}

/** Those who were there before and still are: what was not removed in between, they need. */
export function heldThroughout(before: readonly XminHolder[], after: readonly XminHolder[]): readonly XminHolder[] {
  const still = new Set(after.map(({ identity }) => identity))
  return before.filter(({ identity }) => still.has(identity))
}

function labelOf(kind: string, name: string, app: unknown, state: unknown): string {
  if (kind === 'slot') return `replication slot "${name}"${state === 'inactive' ? ', inactive' : ''}`
  if (kind === 'prepared') return `prepared transaction "${name}"`
  const details = [app === '' || app === null ? undefined : `"${String(app)}"`, state ?? undefined]
  const shown = details.filter((detail) => detail !== undefined)
  return `session ${name}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`
}
