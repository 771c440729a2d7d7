/**
 * The benchmarked tables: their SQL, their Kysely types, their deterministic contents.
 *
 * The main table holds only what every driver gives back as it is (integer, text, real), so that nobody is charged for
 * decoding. `typed_item` is the one table whose columns need decoding.
 */
import type { Generated } from 'kysely'

/** A row as every contender must give it back. */
export interface Item {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly score: number
  readonly ratio: number
}

/** A row to be inserted; the database gives the id. */
export type ItemDraft = Omit<Item, 'id'>

/** A decoded row of `typed_item`. */
export interface TypedItem {
  readonly id: number
  readonly active: boolean
  readonly created_at: Date
  readonly payload: { readonly tags: readonly string[]; readonly level: number }
}

/** The tables as Kysely sees them where the library decodes values. */
export interface Schema {
  item: { id: Generated<number>; name: string; email: string; score: number; ratio: number }
  typed_item: { id: number; active: boolean; created_at: Date; payload: TypedItem['payload'] }
}

/** The tables as Kysely sees them where values come as SQLite stores them. */
export interface StoredSchema extends Omit<Schema, 'typed_item'> {
  typed_item: { id: number; active: number; created_at: string; payload: string }
}

/** Rows in the main table: also what one stream reads. */
export const ITEM_COUNT = 100_000

/** Rows in `typed_item`. */
export const TYPED_ITEM_COUNT = 10_000

/** Columns of the main table, in the order of every statement. */
export const ITEM_COLUMNS = ['id', 'name', 'email', 'score', 'ratio'] as const

/** Columns of `typed_item`, in the order of every statement. */
export const TYPED_COLUMNS = ['id', 'active', 'created_at', 'payload'] as const

/** Both tables. */
export const CREATE_TABLES = `
  create table item (
    id integer primary key,
    name text not null,
    email text not null,
    score integer not null,
    ratio real not null
  );
  create index item_email on item (email);
  create table typed_item (
    id integer primary key,
    active boolean not null,
    created_at timestamp text not null,
    payload json text not null
  );
`

const FIRST_NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Leslie', 'Frances']
const LAST_NAMES = ['Hopper', 'Lovelace', 'Liskov', 'Knuth', 'Perlman', 'Lamport', 'Allen', 'Dijkstra']
const FIRST_INSTANT_MS = Date.UTC(2024, 0, 1)

/** The draft with this number; the same number always gives the same draft. */
export function createDraft(seed: number): ItemDraft {
  const first = FIRST_NAMES[seed % 8] ?? ''
  const last = LAST_NAMES[(seed >>> 3) % 8] ?? ''
  return {
    name: `${first} ${last}`,
    email: `${first}.${last}.${seed}@example.org`.toLowerCase(),
    score: seed % 1000,
    ratio: (seed % 997) / 997,
  }
}

/** The row of `typed_item` with this id, decoded. */
export function createTypedItem(id: number): TypedItem {
  return {
    id,
    active: id % 2 === 1,
    created_at: new Date(FIRST_INSTANT_MS + id * 61_001),
    payload: { tags: ['bench', `tag-${id % 16}`], level: id % 5 },
  }
}
