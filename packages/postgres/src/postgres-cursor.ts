/**
 * The rows of a statement, read bit by bit, in a transaction of the session or in one of their own.
 *
 * In a transaction other statements may come between two reads. Outside of one the cursor has a transaction of its own,
 * and whoever wants the connection for something else has the rest read into memory first: it would be part of that
 * transaction.
 */
import { StoreError } from '@upkeep/core'
import type { RowDecoder } from './row-decoder.ts'
import type { ServerConnection } from './server-connection.ts'
import type { BoundStatement } from './statement-checks.ts'
import { ClosePortalRequest, CursorRequest, FetchRequest } from './statement-request.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

/** Rows that a stream keeps in memory at most so that something else may use its connection. */
export const MAX_SETTLED_ROWS = 100_000

/** Rows that are read ahead of a reader who wants fewer at a time. */
const MAX_AHEAD = 100

let portalCount = 0

export class PostgresCursor {
  readonly #runner: StatementRunner
  readonly #connection: ServerConnection
  readonly #statement: BoundStatement
  readonly #portal = `upkeep_${++portalCount}`
  #decoder: RowDecoder | undefined
  #rows: unknown[] = []
  #isOpened = false
  #fetchCount = 0
  #isDone = false
  #failure: StoreError | undefined

  constructor(runner: StatementRunner, connection: ServerConnection, statement: BoundStatement) {
    this.#runner = runner
    this.#connection = connection
    this.#statement = statement
  }

  /** The next rows, at most `count`; fewer only at the end. */
  async read(count: number, limits: StatementLimits): Promise<unknown[]> {
    if (this.#failure !== undefined) throw this.#failure
    const rows = this.#rows.splice(0, count)
    if (rows.length === count || this.#isDone) return rows
    // The first rows as soon as they are there; later ones that are wanted one by one come a few at a time.
    const aheadCount = this.#isOpened ? Math.max(count, Math.min(this.#fetchCount * 2, MAX_AHEAD)) : count
    this.#fetchCount = aheadCount
    this.#rows = await this.#fetch(Math.max(aheadCount, count - rows.length), limits)
    return rows.concat(this.#rows.splice(0, count - rows.length))
  }

  /** Reads the rest, so that the connection is free. @throws BUSY, losing nothing, if that is too much */
  async settle(limits: StatementLimits): Promise<void> {
    if (this.#isDone) return
    this.#rows = this.#rows.concat(await this.#fetch(MAX_SETTLED_ROWS, limits))
    if (this.#isDone) return
    const message = `a stream with more than ${MAX_SETTLED_ROWS} rows to come is open on this connection`
    throw new StoreError('BUSY', message, { operation: 'query' })
  }

  /** Ends it before its time: whoever reads on hears why. */
  fail(reason: StoreError): void {
    this.#failure ??= reason
    this.#isDone = true
    this.#rows = []
  }

  /** Gives back what the server keeps for it. Never rejects: a transaction that has failed has closed it already. */
  async close(): Promise<void> {
    const isOpen = this.#isOpened && !this.#isDone
    this.#isDone = true
    if (!isOpen || this.#connection.lost !== undefined || this.#connection.isFailed) return
    await this.#runner.run(this.#connection, new ClosePortalRequest(this.#portal), 'stream').catch(() => undefined)
  }

  async #fetch(count: number, limits: StatementLimits): Promise<unknown[]> {
    const { rows, tag } = this.#isOpened ? await this.#next(count, limits) : await this.#open(count, limits)
    // The server names what it has done only when it is done.
    if (tag !== '' || rows.length < count) this.#isDone = true
    return rows
  }

  async #open(count: number, limits: StatementLimits): Promise<CursorRequest> {
    const { sql, values, kind } = this.#statement
    const prepared = this.#connection.statements.get(sql, kind)
    const request = new CursorRequest(prepared, values, this.#portal, count)
    await this.#runner.runPart(this.#connection, request, 'stream', limits)
    this.#isOpened = true
    this.#decoder = request.rowDecoder
    return request
  }

  #next(count: number, limits: StatementLimits): Promise<FetchRequest> {
    return this.#runner.runPart(
      this.#connection,
      new FetchRequest(this.#portal, count, this.#decoder),
      'stream',
      limits,
    )
  }
}
