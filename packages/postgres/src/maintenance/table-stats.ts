/**
 * What the server knows of the tables of our schemas, and the limits by which autovacuum would choose among them.
 *
 * It reads catalogs and statistics only: a table that somebody has locked is no obstacle.
 * Source: https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-TABLES-VIEW
 */
import type { Ask, Row } from './dedicated-client.ts'
import { NOTES_TABLE } from './maintainer-notes.ts'

/** One table, materialized view or partitioned table. Counts of tuples are estimates of the server. */
export interface TableFacts {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** A partitioned table has no storage: it can be analyzed, its partitions are vacuumed. */
  readonly isPartitioned: boolean
  readonly pageCount: number
  readonly liveTuples: number
  readonly deadTuples: number
  readonly insertedTuples: number
  readonly modifiedTuples: number
  readonly hasStatistics: boolean
  /** In transactions, of the table and of what is TOASTed out of it. */
  readonly xidAge: number
  readonly multixactAge: number
  /** Its storage parameters: `autovacuum_vacuum_threshold`, … */
  readonly options: Readonly<Record<string, string>>
  /** Owner of the table or the database, superuser, or MAINTAIN (17 and newer). */
  readonly canMaintain: boolean
  /** Who vacuums it right now. */
  readonly vacuumingPid: number | undefined
  /** How often it was vacuumed by hand; what has moved when a VACUUM was more than an answer. */
  readonly vacuumCount: number
  readonly analyzeCount: number
  /** Whether the server counts how often it was vacuumed and analyzed. */
  readonly isCounted: boolean
  /** Another one after a VACUUM FULL. */
  readonly fileNode: number
}

/** Limits of autovacuum, as the server has them. Source: https://www.postgresql.org/docs/current/runtime-config-vacuum.html */
export interface VacuumLimits {
  readonly vacuumThreshold: number
  readonly vacuumScaleFactor: number
  /** 18 and newer: the most dead tuples, however large the table; -1 is no limit. */
  readonly vacuumMaxThreshold: number
  /** -1: insertions alone are no reason. */
  readonly insertThreshold: number
  readonly insertScaleFactor: number
  readonly analyzeThreshold: number
  readonly analyzeScaleFactor: number
  readonly freezeMaxAge: number
  readonly multixactFreezeMaxAge: number
}

/** What a server has that nobody has set up. */
export const VACUUM_LIMITS: VacuumLimits = {
  vacuumThreshold: 50,
  vacuumScaleFactor: 0.2,
  vacuumMaxThreshold: -1,
  insertThreshold: 1000,
  insertScaleFactor: 0.2,
  analyzeThreshold: 50,
  analyzeScaleFactor: 0.1,
  freezeMaxAge: 200_000_000,
  multixactFreezeMaxAge: 400_000_000,
}

/** Which setting, and which storage parameter, has which limit. */
export const LIMIT_SETTINGS: Readonly<Record<keyof VacuumLimits, string>> = {
  vacuumThreshold: 'autovacuum_vacuum_threshold',
  vacuumScaleFactor: 'autovacuum_vacuum_scale_factor',
  vacuumMaxThreshold: 'autovacuum_vacuum_max_threshold',
  insertThreshold: 'autovacuum_vacuum_insert_threshold',
  insertScaleFactor: 'autovacuum_vacuum_insert_scale_factor',
  analyzeThreshold: 'autovacuum_analyze_threshold',
  analyzeScaleFactor: 'autovacuum_analyze_scale_factor',
  freezeMaxAge: 'autovacuum_freeze_max_age',
  multixactFreezeMaxAge: 'autovacuum_multixact_freeze_max_age',
}

/** The limits of this server. */
export async function readVacuumLimits(ask: Ask): Promise<VacuumLimits> {
  const rows = await ask("SELECT name, setting FROM pg_settings WHERE name LIKE 'autovacuum\\_%'")
  const settings = new Map(rows.map((row) => [String(row.name), Number(row.setting)]))
  const entries = Object.entries(LIMIT_SETTINGS).map(([limit, setting]) => {
    const value = settings.get(setting)
    return [limit, value === undefined || !Number.isFinite(value) ? VACUUM_LIMITS[limit as keyof VacuumLimits] : value]
  })
  return Object.fromEntries(entries) as VacuumLimits
}

const tablesQuery = (maintainPrivilege: string): string => `
  SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned,
    c.relpages::float8 AS pages, c.reltuples::float8 AS tuples, c.relfilenode::int8::float8 AS file_node,
    s.n_live_tup::float8 AS live, s.n_dead_tup::float8 AS dead, s.n_ins_since_vacuum::float8 AS inserted,
    s.n_mod_since_analyze::float8 AS modified,
    s.vacuum_count::float8 AS vacuum_count, s.analyze_count::float8 AS analyze_count,
    s.analyze_count + s.autoanalyze_count > 0 OR known.tablename IS NOT NULL AS has_statistics,
    CASE WHEN c.relkind = 'p' THEN 0 ELSE greatest(age(c.relfrozenxid), age(t.relfrozenxid)) END::float8 AS xid_age,
    CASE WHEN c.relkind = 'p' THEN 0 ELSE greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)) END::float8 AS multixact_age,
    array_to_json(c.reloptions)::text AS options,
    (SELECT min(p.pid) FROM pg_stat_progress_vacuum p WHERE p.relid = c.oid AND p.datname = current_database()) AS vacuuming,
    pg_has_role(current_user, c.relowner, 'USAGE') OR pg_has_role(current_user, d.datdba, 'USAGE')
      ${maintainPrivilege} AS can_maintain
  FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_database d ON d.datname = current_database()
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid AND c.reltoastrelid <> 0
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    LEFT JOIN (SELECT DISTINCT schemaname, tablename FROM pg_stats WHERE schemaname = ANY ($1)) known
      ON known.schemaname = n.nspname AND known.tablename = c.relname
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't' AND c.relname <> $2
  ORDER BY n.nspname, c.relname`

/** The tables of `schemas`, but for our own notes, which are one row that is updated in place. */
export async function readTables(
  ask: Ask,
  version: number,
  schemas: readonly string[],
): Promise<readonly TableFacts[]> {
  const maintainPrivilege = version >= 170_000 ? "OR has_table_privilege(c.oid, 'MAINTAIN')" : ''
  return (await ask(tablesQuery(maintainPrivilege), [schemas, NOTES_TABLE])).map(tableFacts)
}

function tableFacts(row: Row): TableFacts {
  const tuples = count(row.tuples)
  return {
    oid: Number(row.oid),
    schema: String(row.schema),
    name: String(row.name),
    isPartitioned: row.partitioned === true,
    pageCount: count(row.pages),
    // Until it was vacuumed or analyzed the catalog does not know.
    liveTuples: tuples > 0 ? tuples : count(row.live),
    deadTuples: count(row.dead),
    insertedTuples: count(row.inserted),
    modifiedTuples: count(row.modified),
    hasStatistics: row.has_statistics === true,
    xidAge: count(row.xid_age),
    multixactAge: count(row.multixact_age),
    options: tableOptions(row.options),
    canMaintain: row.can_maintain === true,
    vacuumingPid: typeof row.vacuuming === 'number' ? row.vacuuming : undefined,
    vacuumCount: count(row.vacuum_count),
    analyzeCount: count(row.analyze_count),
    isCounted: typeof row.vacuum_count === 'number',
    fileNode: count(row.file_node),
  }
}

function count(value: Row[string]): number {
  return typeof value === 'number' && value > 0 ? value : 0
}

function tableOptions(json: Row[string]): Readonly<Record<string, string>> {
  if (typeof json !== 'string') return {}
  return Object.fromEntries((JSON.parse(json) as string[]).map((option) => splitOnce(option)))
}

function splitOnce(option: string): [string, string] {
  const at = option.indexOf('=')
  return [option.slice(0, at), option.slice(at + 1)]
}
