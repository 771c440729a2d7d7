/** What a {@link SqliteHost} can be asked for, and what it answers. Plain data: it crosses threads. */
import type { RowBatch } from '../../remote/row-batch.ts'
import type { StatementClass } from '../statement-class.ts'

/** `execute`: runs a statement to its end. Its parameters are bound values already. */
export interface ExecuteArgument {
  readonly sql: string
  readonly kind: StatementClass
  readonly parameters: readonly unknown[]
}

/** What came of it; all rows but the last batch were sent before. */
export interface ExecuteAnswer extends StateAnswer {
  readonly numAffectedRows?: bigint | undefined
  readonly insertId?: bigint | undefined
  readonly last: RowBatch | undefined
  /** In milliseconds, in SQLite alone. */
  readonly tookMs: number
}

/** `stream`: sends batches until the rows are at an end or are not wanted any more. */
export interface StreamArgument extends ExecuteArgument {
  /** How many rows are read before any of them is sent. */
  readonly chunkSize: number
}

/** `control`: a statement of ours, which nothing stops. */
export interface ControlArgument {
  readonly sql: string
  /** See `SqliteConnection`. */
  readonly way: 'control' | 'undo' | 'exec'
}

/** How the connection is left; also the answer to `state`. */
export interface StateAnswer {
  readonly inTransaction: boolean
}

/** `open`. */
export interface OpenAnswer {
  /** What the other side needs to stop statements here; its own business. */
  readonly token: unknown
}
