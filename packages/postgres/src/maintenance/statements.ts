/**
 * The statements of maintenance, by the version of the server. Pure.
 *
 * None of them waits for a table that is locked: that is SKIP_LOCKED, and the server says so in a notice. None truncates a
 * table, which would lock readers out, or takes more than one process.
 * Source: https://www.postgresql.org/docs/current/sql-vacuum.html
 */
import { qualifiedName, quoteName } from './quote-name.ts'

type Name = { readonly schema: string; readonly name: string }

/** What a VACUUM may evict from the server's cache; what 17 and newer do by themselves. */
const BUFFERS = "BUFFER_USAGE_LIMIT '2MB'"

export function vacuumStatement(table: Name, version: number, how: 'plain' | 'freeze' | 'full' = 'plain'): string {
  const options = [
    ...(how === 'plain' ? [] : [how === 'freeze' ? 'FREEZE' : 'FULL']),
    'SKIP_LOCKED',
    ...(how === 'full' ? [] : ['TRUNCATE false', 'PARALLEL 0']),
    // Once for the database instead, at the end: else every statement would go through the whole of pg_class.
    ...(version >= 160_000 ? ['SKIP_DATABASE_STATS'] : []),
    ...(version >= 160_000 && how !== 'full' ? [BUFFERS] : []),
  ]
  return `VACUUM (${options.join(', ')}) ${qualifiedName(table)}`
}

export function analyzeStatement(table: Name, version: number): string {
  const options = ['SKIP_LOCKED', ...(version >= 160_000 ? [BUFFERS] : [])]
  return `ANALYZE (${options.join(', ')}) ${qualifiedName(table)}`
}

export const DATABASE_STATS_STATEMENT = 'VACUUM (ONLY_DATABASE_STATS)'

/** Beside reads and writes. Source: https://www.postgresql.org/docs/current/sql-reindex.html */
export function reindexStatement(index: Name): string {
  return `REINDEX INDEX CONCURRENTLY ${qualifiedName(index)}`
}

export function dropIndexStatement(index: Name): string {
  return `DROP INDEX CONCURRENTLY IF EXISTS ${qualifiedName(index)}`
}

/** Kept quoted, so that what a report shows can be pasted. */
export function shownName(name: Name): string {
  const plain = (part: string): string => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : quoteName(part))
  return `${plain(name.schema)}.${plain(name.name)}`
}
