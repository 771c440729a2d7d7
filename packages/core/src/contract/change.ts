/** What a store tells of commits; see `Store.onChange`. */

/** One commit that has changed tables that were asked for. */
export interface StoreChange {
  /** Those of the tables that were asked for, by the names they were asked for by. */
  readonly tables: readonly string[]
}

/** Names of the tables that one commit has changed, as the database has them; `undefined`: any may have been. */
export type ChangedTables = readonly string[] | undefined
