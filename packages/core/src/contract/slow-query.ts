/** What an application hears of statements that took long. */

/** A statement that took longer than the threshold. It holds no value that was bound to it. */
export interface SlowQuery {
  /** Its SQL with `?` in place of literals. */
  readonly sql: string
  /** From the call to the answer or the failure, waiting included, in milliseconds. */
  readonly durationMs: number
  /** Whether it failed. */
  readonly failed: boolean
  /**
   * Asks the engine how it runs the statement, a line for each step.
   * Source: https://www.sqlite.org/eqp.html
   *
   * @throws CLOSED, and what the engine says
   */
  plan(): Promise<readonly string[]>
}

/** The option `slowQueries` of every `openX`. */
export interface SlowQueryOptions {
  /** In milliseconds: statements that take longer are told. @default 100 */
  readonly thresholdMs?: number | undefined
  /** Hears of each, after it has ended. What it throws or rejects with is logged and ignored. */
  readonly onSlowQuery: (query: SlowQuery) => unknown
}
