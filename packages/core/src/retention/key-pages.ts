/**
 * Goes once through a table in the order of its keys, in pages that are read in a few milliseconds each.
 *
 * A page is bounded by its last key, so no index on the condition is needed, and a row is looked at once whatever the
 * condition costs. Reads hold no write lock. Keys are compared by the database only: its collation is the one that
 * counts. Rows whose key is NULL are not found, nor are those behind the last key that there was at the beginning: what
 * is inserted meanwhile, be it by a trigger, makes no pass endless.
 */
import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { TaskContext } from '../contract/task.ts'
import { fittingSize, type SizeLimits } from '../loop/fitting-size.ts'
import { type BatchSource, columnsOf, type KeyBatch, type RowSelection, type SelectedRow } from './row-selection.ts'

/** What a row costs is not known yet: a condition without its index may go through the whole table for each. */
const FIRST_PAGE_ROWS = 4
const PAGE_ROWS: SizeLimits = { targetMs: 4, min: 1, max: 20_000 }

/** A place in the order of the keys. */
export interface KeyPosition {
  readonly key: unknown
}

type Rows = SelectQueryBuilder<any, any, Record<string, unknown>>

export class KeyPages implements BatchSource {
  readonly forgets = false
  readonly #context: TaskContext<any>
  readonly #selection: RowSelection
  #after: KeyPosition | undefined
  /** Where a pass that did not begin at the first key has to go to, once it is through to the last one. */
  #wrapTo: KeyPosition | undefined
  /** The last key that belongs to this way through the table; `undefined` until it is known. */
  #until: KeyPosition | undefined
  #pageRows = FIRST_PAGE_ROWS
  /** The page that is being read; `end` is `undefined` in the last one. */
  #page: { readonly end: KeyPosition | undefined } | undefined

  /** Begins after `position`, where an earlier pass has stopped, and goes round. */
  constructor(context: TaskContext<any>, selection: RowSelection, position?: KeyPosition) {
    this.#context = context
    this.#selection = selection
    this.#after = position
    this.#wrapTo = position
  }

  /** Everything up to here has been answered by {@link next}. */
  get position(): KeyPosition | undefined {
    return this.#after
  }

  /** Reads as many pages as that takes and as there is time for. */
  async next(limit: number): Promise<KeyBatch> {
    const { clock } = this.#context
    const { key, isDue } = this.#selection
    const startedMs = clock.monotonicMs()
    const keys: unknown[] = []
    for (;;) {
      const { rows, hasMore } = await this.#read(limit - keys.length)
      for (const row of rows) if (isDue(row)) keys.push(row[key])
      const isFull = keys.length >= limit || clock.monotonicMs() - startedMs >= PAGE_ROWS.targetMs
      if (isFull || !hasMore) return { keys, hasMore }
    }
  }

  /** At most `limit` rows of a page. */
  async #read(limit: number): Promise<{ readonly rows: readonly SelectedRow[]; readonly hasMore: boolean }> {
    const { clock } = this.#context
    const startedMs = clock.monotonicMs()
    this.#until ??= await this.#lastKey()
    if (this.#until === undefined) return { rows: [], hasMore: this.#goRound() }
    const isNewPage = this.#page === undefined
    this.#page ??= { end: await this.#pageEnd() }
    const { end } = this.#page
    const rows = await this.#matching(end, limit)
    if (isNewPage) this.#pageRows = fittingSize(this.#pageRows, clock.monotonicMs() - startedMs, PAGE_ROWS)
    return { rows, hasMore: this.#advance(rows, end, limit) }
  }

  /** Answers whether there is more. */
  #advance(rows: readonly SelectedRow[], end: KeyPosition | undefined, limit: number): boolean {
    const last = rows.at(-1)
    if (rows.length >= limit && last !== undefined) {
      this.#after = { key: last[this.#selection.key] }
      return true
    }
    this.#page = undefined
    this.#after = end
    return end === undefined ? this.#goRound() : true
  }

  /** From the last key to the first one, where the pass began between them. Answers whether there is anything left. */
  #goRound(): boolean {
    this.#after = undefined
    this.#until = this.#wrapTo
    this.#wrapTo = undefined
    return this.#until !== undefined
  }

  async #lastKey(): Promise<KeyPosition | undefined> {
    const { key } = this.#selection
    const { signal } = this.#context
    const rows = await this.#rows(undefined).select(key).orderBy(key, 'desc').limit(1).execute({ signal })
    return rows[0] && { key: rows[0][key] }
  }

  /** The key of the row so many rows on, in the order of the database. */
  async #pageEnd(): Promise<KeyPosition | undefined> {
    const { key } = this.#selection
    const { signal } = this.#context
    const rows = await this.#rows(this.#until)
      .select(key)
      .orderBy(key)
      .limit(1)
      .offset(this.#pageRows - 1)
      .execute({ signal })
    return rows[0] && { key: rows[0][key] }
  }

  #matching(end: KeyPosition | undefined, limit: number): Promise<readonly SelectedRow[]> {
    const selection = this.#selection
    return this.#rows(end ?? this.#until)
      .where((eb) => selection.condition(eb))
      .select(columnsOf(selection))
      .orderBy(selection.key)
      .limit(limit)
      .execute({ signal: this.#context.signal })
  }

  /** After what has been answered, up to `to`. */
  #rows(to: KeyPosition | undefined): Rows {
    const { table, key } = this.#selection
    const db: Kysely<any> = this.#context.store.db
    let rows: Rows = db.selectFrom(table).where(key, 'is not', null)
    if (this.#after !== undefined) rows = rows.where(key, '>', this.#after.key)
    if (to !== undefined) rows = rows.where(key, '<=', to.key)
    return rows
  }
}
