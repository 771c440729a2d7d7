// Tables with dead tuples of which the server's statistics know, and waits for what the server shows of itself.
import type { Lab } from './maintenance-lab.ts'

/** `table` has `live` rows, and `dead` that were deleted. Autovacuum leaves it alone. */
export async function fillTable(lab: Lab, table: string, dead: number, live = 100): Promise<void> {
  // Statistics of a session are there when it has ended, and on 13 a moment later.
  const writer = await lab.session()
  await writer.query(`CREATE TABLE ${table} (id int PRIMARY KEY, name text) WITH (autovacuum_enabled = false)`)
  await writer.query(`INSERT INTO ${table} SELECT i, 'name ' || i FROM generate_series(1, ${live + dead}) i`)
  await writer.query(`DELETE FROM ${table} WHERE id > ${live}`)
  await writer.end()
  await until(lab, `SELECT n_dead_tup = ${dead} AS yes FROM pg_stat_user_tables WHERE relid = '${table}'::regclass`)
}

/** Asks until the answer is `yes`; the test's own deadline ends it. */
export async function until(lab: Lab, sql: string): Promise<void> {
  for (;;) {
    const [row] = await lab.sql(sql)
    if (row?.yes === true) return
  }
}

/** Those that VACUUM in this database just now. */
export const VACUUMING = 'pg_stat_progress_vacuum WHERE datname = current_database()'

/** Whether there is one. */
export const IS_VACUUMING: string = `SELECT count(*) > 0 AS yes FROM ${VACUUMING}`

/** Backends of maintenance that are at work on this database. */
export async function working(lab: Lab): Promise<number> {
  const [row] = await lab.sql(
    `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'upkeep maintenance%' AND state <> 'idle'`,
  )
  return row?.count
}

/** Makes VACUUM and ANALYZE of later sessions take long. */
export async function slowDown(lab: Lab, delayMs = 100): Promise<void> {
  const [row] = await lab.sql('SELECT quote_ident(current_database()) AS name')
  await lab.sql(`ALTER DATABASE ${row?.name} SET vacuum_cost_delay = ${delayMs}`)
  await lab.sql(`ALTER DATABASE ${row?.name} SET vacuum_cost_limit = 1`)
}
