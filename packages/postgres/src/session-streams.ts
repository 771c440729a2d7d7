/**
 * The streams that are open on a session's connection, and the transaction they have where the session has none.
 *
 * That transaction begins with the first of them and ends with the last; or when something else wants the connection,
 * after what is left of them was read into memory.
 */
import type { StoreError } from '@upkeep/core'
import type { QueryResult } from 'kysely'
import { PostgresCursor } from './postgres-cursor.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import { PostgresTransaction } from './postgres-transaction.ts'
import type { ServerConnection } from './server-connection.ts'
import type { BoundStatement } from './statement-checks.ts'
import { mayWrite } from './statement-class.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

/** A stream as its reader has it. */
export interface SessionStream {
  read(count: number, limits: StatementLimits): Promise<unknown[]>
  /** `isGood` if nothing has failed: then what it has written stays. */
  end(isGood: boolean): Promise<void>
}

/** The chunks of a stream: `read` gives the next rows, `end` hears whether nothing has failed, also of a reader who leaves. */
export async function* readChunks<R>(
  size: number,
  read: () => Promise<unknown[]>,
  end: (isGood: boolean) => Promise<void>,
): AsyncGenerator<QueryResult<R>> {
  let isGood = false
  try {
    for (;;) {
      const rows = await read()
      isGood = true
      if (rows.length > 0) yield { rows: rows as R[] }
      if (rows.length < size) break
      isGood = false
    }
  } finally {
    await end(isGood)
  }
}

export class SessionStreams {
  readonly #runner: StatementRunner
  readonly #connection: ServerConnection
  readonly #options: ResolvedPostgresOptions
  readonly #inTransaction: () => boolean
  readonly #open = new Set<PostgresCursor>()
  #own: PostgresTransaction | undefined
  #ownWrites = false

  /** `inTransaction` says whether the session has a transaction of its own. */
  constructor(
    runner: StatementRunner,
    connection: ServerConnection,
    options: ResolvedPostgresOptions,
    inTransaction: () => boolean,
  ) {
    this.#runner = runner
    this.#connection = connection
    this.#options = options
    this.#inTransaction = inTransaction
  }

  /** The transaction that only the streams have. */
  get ownTransaction(): PostgresTransaction | undefined {
    return this.#own
  }

  async open(statement: BoundStatement, limits: StatementLimits): Promise<SessionStream> {
    if (!this.#inTransaction()) {
      this.#own ??= await new PostgresTransaction(this.#runner, this.#connection, this.#options, {}).begin(limits)
      this.#ownWrites ||= mayWrite(statement.kind)
    }
    const cursor = new PostgresCursor(this.#runner, this.#connection, statement)
    this.#open.add(cursor)
    return {
      read: (count, readLimits) => cursor.read(count, readLimits),
      end: (isGood) => this.#end(cursor, isGood),
    }
  }

  /** Frees the connection for something else. Inside a transaction of the session's nothing is in the way. */
  async settle(limits: StatementLimits): Promise<void> {
    if (this.#own === undefined) return
    for (const cursor of this.#open) await cursor.settle(limits)
    await this.#endOwn(true)
  }

  /** Whoever reads on hears `reason`. */
  fail(reason: StoreError): void {
    for (const cursor of this.#open) cursor.fail(reason)
    this.#open.clear()
  }

  async #end(cursor: PostgresCursor, isGood: boolean): Promise<void> {
    if (!this.#open.delete(cursor)) return
    await cursor.close()
    if (this.#open.size === 0) await this.#endOwn(isGood)
  }

  async #endOwn(isGood: boolean): Promise<void> {
    const own = this.#own
    const writes = this.#ownWrites
    this.#own = undefined
    this.#ownWrites = false
    // What only reads has nothing to lose with its last answer.
    if (isGood && writes) await own?.commit()
    else await own?.rollbackQuietly()
  }
}
