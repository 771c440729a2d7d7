/**
 * What every contender can do. Each operation is the same statement over the same columns in all of them; how it is
 * written is what is measured.
 *
 * Nothing here times anything. A synchronous contender answers with values, not promises, so that it is not charged
 * for an `await` its users would not write.
 */
import type { Item, ItemDraft, TypedItem } from './schema.ts'

/** A value now, or a promise of one. */
export type Answer<T> = T | Promise<T>

/** How the connections of a contender are set up. */
export interface ContenderOptions {
  /** Path of this contender's own copy of the database. */
  readonly path: string
  /** `normal`: synchronous=NORMAL; `full`: synchronous=FULL. */
  readonly durability: 'normal' | 'full'
}

/** 32 streams at once wait for each other's connections, for seconds on a slow machine. */
export const BUSY_TIMEOUT_MS = 60_000

/** What a stream handed over, row by row. */
export interface StreamTotals {
  readonly rowCount: number
  readonly scoreSum: number
}

/** Pragmas as read back from the connection that writes. */
export type Settings = Readonly<Record<string, string | number>>

/** See the module. */
export interface Contender {
  /** Whether its operations answer at once (its users write no `await`). */
  readonly synchronous: boolean
  pointSelect(id: number): Answer<Item | undefined>
  /** Rows after `afterId` in order of id. */
  pageSelect(afterId: number, limit: number): Answer<readonly Item[]>
  /** One autocommit insert. */
  insertOne(draft: ItemDraft): Answer<unknown>
  /** One transaction with one statement for each draft. */
  insertMany(drafts: readonly ItemDraft[]): Answer<unknown>
  /** One autocommit update; answers the number of rows changed. */
  updateOne(id: number, score: number): Answer<number>
  /** One transaction: reads the score, writes it one higher; answers the number of rows changed. */
  readAndUpdate(id: number): Answer<number>
  /** The whole seeded table, a row at a time. `undefined` where the library has no such thing. */
  readonly stream: ((maxId: number) => Answer<StreamTotals>) | undefined
  /** A row with a boolean, an instant and JSON, decoded by the library or by hand. */
  typedSelect(id: number): Answer<TypedItem | undefined>
  /** Removes what the inserts have left. Not timed. */
  removeAfter(id: number): Answer<void>
  /** Rows in the table. Not timed. */
  countItems(): Answer<number>
  /** See {@link SETTING_NAMES}. */
  settings(): Answer<Settings>
  close(): Answer<unknown>
}

/** Opens a contender on its own copy of the database. */
export type OpenContender = (options: ContenderOptions) => Promise<Contender>

/** The pragmas that are compared between contenders. */
export const SETTING_NAMES = [
  'journal_mode',
  'synchronous',
  'foreign_keys',
  'auto_vacuum',
  'page_size',
  'cache_size',
  'mmap_size',
  'temp_store',
  'wal_autocheckpoint',
] as const
