/** How long statements may take, by name. */

/** The named timeouts of a store, in milliseconds; `false` for none. */
export interface StatementTimeouts {
  /** `'fast'`: what somebody waits for, such as a page or a keystroke. @default 1000 */
  readonly fastMs?: number | false | undefined
  /**
   * `'default'`: how long each statement of `store.db` and of transactions may run. It begins when the statement has the
   * lock or the connection that it needs: waiting for those has limits of its own. @default 5000
   */
  readonly defaultMs?: number | false | undefined
  /** `'slow'`: reports, exports. @default 30000 */
  readonly slowMs?: number | false | undefined
}

/** A timeout of statements: milliseconds, at least 1, a name of {@link StatementTimeouts}, or `false` for none. */
export type StatementTimeout = number | 'fast' | 'default' | 'slow' | false
