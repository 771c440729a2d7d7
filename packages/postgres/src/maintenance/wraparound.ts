/**
 * How old the database is, in transactions: past two thousand million no new one may begin.
 * Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
 */
import type { Ask } from './dedicated-client.ts'

/** Ages of the database, and from where on the server vacuums whether it is asked or not. */
export interface Wraparound {
  readonly xidAge: number
  readonly multixactAge: number
  readonly freezeMaxAge: number
  readonly multixactFreezeMaxAge: number
}

const AGES = `
  SELECT age(datfrozenxid)::float8 AS xid_age, mxid_age(datminmxid)::float8 AS multixact_age,
    current_setting('autovacuum_freeze_max_age')::float8 AS freeze_max_age,
    current_setting('autovacuum_multixact_freeze_max_age')::float8 AS multixact_freeze_max_age
  FROM pg_database WHERE datname = current_database()`

export async function readWraparound(ask: Ask): Promise<Wraparound> {
  const [row = {}] = await ask(AGES)
  return {
    xidAge: Number(row.xid_age),
    multixactAge: Number(row.multixact_age),
    freezeMaxAge: Number(row.freeze_max_age),
    multixactFreezeMaxAge: Number(row.multixact_freeze_max_age),
  }
}
