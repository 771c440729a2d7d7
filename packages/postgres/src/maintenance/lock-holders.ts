/** Who has locked a table, in words. */
import type { MaintenanceScope } from './maintenance-scope.ts'

/** Somebody whose lock keeps out what maintenance takes; `undefined` when it is gone by now. */
export async function readLocker({ client }: MaintenanceScope, relid: number): Promise<string | undefined> {
  const [row] = await client.ask(
    `SELECT l.pid, a.application_name AS app FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.granted AND l.locktype = 'relation' AND l.relation = ${relid} AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
      ORDER BY l.pid LIMIT 1`,
  )
  if (row === undefined) return undefined
  const app = row.app === null || row.app === undefined || row.app === '' ? '' : ` ("${String(row.app)}")`
  // A prepared transaction has no session.
  return row.pid === null ? 'a prepared transaction' : `session ${String(row.pid)}${app}`
}
