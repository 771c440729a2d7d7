/**
 * How much of tables and indexes is empty space, estimated: from the statistics of the columns the size is worked out
 * that they would have if written anew.
 *
 * It reads catalogs only, and is no better than the last ANALYZE; of tables without statistics it says nothing. Nothing is
 * reported as given back by it: it only chooses.
 */
import type { Ask } from './dedicated-client.ts'

/** A table or index, and how much of it is empty. */
export interface Bloat {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly sizeBytes: number
  readonly emptyBytes: number
}

/** From here on it is worth to be written anew: half of it, and at least 16 MiB. */
const MOSTLY_EMPTY = { ratio: 0.5, bytes: 16 * 1024 * 1024 } as const

/** 24 bytes of header and 4 of line pointer for each tuple, 24 for each page, and widths are rounded up to 8. */
const TABLE_BLOAT = `
  SELECT c.oid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, c.relpages::float8 AS pages,
    ceil(c.reltuples * (28 + 8 * ceil(sum((1 - s.null_frac) * s.avg_width) / 8.0))
      / ((current_setting('block_size')::float8 - 24) * coalesce(
        (SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), 100) / 100)
    )::float8 AS needed, current_setting('block_size')::float8 AS page_size
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited
  WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND c.reltuples >= 0
  GROUP BY c.oid, n.nspname, c.relname, c.relpages, c.reltuples, c.reloptions`

/** 8 bytes of header and 4 of line pointer for each entry; pages are nine tenths full when an index is new. */
const INDEX_BLOAT = `
  SELECT i.indexrelid::int8::float8 AS oid, n.nspname AS schema, c.relname AS name, c.relpages::float8 AS pages,
    1 + ceil(c.reltuples * (12 + 8 * ceil(sum((1 - s.null_frac) * s.avg_width) / 8.0))
      / ((current_setting('block_size')::float8 - 40) * 0.9))::float8 AS needed,
    current_setting('block_size')::float8 AS page_size
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = i.indexrelid
    LEFT JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = i.indkey[a.attnum - 1] AND k.attnum > 0
    JOIN pg_stats s ON s.schemaname = n.nspname AND NOT s.inherited
      AND ((s.tablename = t.relname AND s.attname = k.attname) OR (s.tablename = c.relname AND s.attname = a.attname))
  WHERE n.nspname = ANY ($1) AND c.relkind = 'i' AND c.reltuples >= 0
  GROUP BY i.indexrelid, n.nspname, c.relname, c.relpages, c.reltuples`

/** What is estimated of each table of `schemas`. */
export function readTableBloat(ask: Ask, schemas: readonly string[]): Promise<readonly Bloat[]> {
  return readBloat(ask, TABLE_BLOAT, schemas)
}

/** What is estimated of each btree of `schemas`. */
export function readIndexBloat(ask: Ask, schemas: readonly string[]): Promise<readonly Bloat[]> {
  return readBloat(ask, INDEX_BLOAT, schemas)
}

export async function mostlyEmptyTables(ask: Ask, schemas: readonly string[]): Promise<readonly Bloat[]> {
  return (await readTableBloat(ask, schemas)).filter(isMostlyEmpty)
}

export async function mostlyEmptyIndexes(ask: Ask, schemas: readonly string[]): Promise<readonly Bloat[]> {
  return (await readIndexBloat(ask, schemas)).filter(isMostlyEmpty)
}

function isMostlyEmpty({ sizeBytes, emptyBytes }: Bloat): boolean {
  return emptyBytes >= MOSTLY_EMPTY.bytes && emptyBytes >= MOSTLY_EMPTY.ratio * sizeBytes
}

async function readBloat(ask: Ask, sql: string, schemas: readonly string[]): Promise<readonly Bloat[]> {
  return (await ask(sql, [schemas])).map((row) => {
    const pageSize = Number(row.page_size)
    const sizeBytes = Number(row.pages) * pageSize
    const emptyBytes = Math.max(0, sizeBytes - Number(row.needed) * pageSize)
    return { oid: Number(row.oid), schema: String(row.schema), name: String(row.name), sizeBytes, emptyBytes }
  })
}
