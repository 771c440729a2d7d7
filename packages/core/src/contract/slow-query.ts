/** What an application hears of statements that took long. */

/** A statement that took longer than the threshold. It holds no value that was bound to it. */
export interface SlowQuery {
  /** Its SQL with `?` in place of literals, and without comments. */
  readonly sql: string
  /**
   * From the call to the answer or the failure, waiting included, in milliseconds. A stream has answered with its first
   * rows.
   */
  readonly durationMs: number
  /** Whether it failed. */
  readonly failed: boolean
  /**
   * Asks the engine how it would run the statement now, a line for each step; it is not run, and not counted. Whoever
   * keeps this function keeps the values that were bound, and nobody can see them through it.
   * Source: https://www.sqlite.org/eqp.html
   *
   * @throws CLOSED, and what the engine says of the statement
   */
  plan(): Promise<readonly string[]>
}

/** The option `slowQueries` of every `openX`. */
export interface SlowQueryOptions {
  /** In milliseconds: statements that take longer are told. @default 100 */
  readonly thresholdMs?: number | undefined
  /**
   * Hears of each, after it has ended, outside of its transaction. Nobody waits for it; what it throws or rejects with
   * is logged, by name, and ignored. A statement of its own that is slow is told as well.
   */
  readonly onSlowQuery: (query: SlowQuery) => unknown
}
