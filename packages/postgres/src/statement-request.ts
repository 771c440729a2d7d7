/**
 * A statement with its parameters, and the cursor over one that is read bit by bit.
 *
 * A cursor is a portal with a name: between two Syncs it lives as long as its transaction, and other statements of that
 * transaction may come in between. Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import type { QueryResult } from 'kysely'
import type { BoundValue } from './bind-values.ts'
import type { PgConnection, PgField } from './pg-client.ts'
import type { PreparedStatement } from './prepared-statements.ts'
import type { RowDecoder } from './row-decoder.ts'
import { ServerRequest } from './server-request.ts'

/** Of what the tag tells how many rows were changed. */
const CHANGED = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/

export class StatementRequest extends ServerRequest {
  protected readonly statement: PreparedStatement
  readonly #values: readonly BoundValue[]
  readonly #stale: readonly string[]
  readonly #preface: string | undefined
  /** Completions of what goes before it, and what of it is still to be parsed. */
  #others: number
  #othersParsed: number

  /** `stale` are names that are to be closed first, `preface` a query that is to run first, whatever it answers. */
  constructor(
    statement: PreparedStatement,
    values: readonly BoundValue[],
    stale: readonly string[],
    preface?: string | undefined,
  ) {
    super()
    this.#preface = preface
    this.#others = preface === undefined ? 0 : 1
    this.#othersParsed = this.#others
    this.statement = statement
    this.#values = values
    this.#stale = stale
    if (statement.isDescribed) this.decoder = statement.decoder
  }

  override parsed(): void {
    if (this.#othersParsed-- > 0) return
    this.statement.isParsed = this.statement.name !== ''
  }

  override handleRowDescription(message: { readonly fields: readonly PgField[] }): void {
    super.handleRowDescription(message)
    this.statement.decoder = this.decoder
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    if (this.#others-- <= 0) super.handleCommandComplete(message)
  }

  override handleReadyForQuery(): void {
    this.statement.isDescribed = this.statement.isParsed
    super.handleReadyForQuery()
  }

  /** As Kysely wants it. */
  get result(): QueryResult<unknown> {
    const changed = CHANGED.exec(this.tag)?.[1]
    return changed === undefined ? { rows: this.rows } : { rows: this.rows, numAffectedRows: BigInt(changed) }
  }

  protected override write(connection: PgConnection): void {
    this.writeBind(connection, '')
    connection.execute({ portal: '', rows: 0 })
    connection.sync()
  }

  protected writeBind(connection: PgConnection, portal: string): void {
    const { name, sql, isParsed, isDescribed } = this.statement
    for (const stale of this.#stale) connection.close({ type: 'S', name: stale })
    if (this.#preface !== undefined) {
      connection.parse({ name: '', text: this.#preface })
      connection.bind({ portal: '', statement: '', values: [] })
      connection.execute({ portal: '', rows: 0 })
    }
    if (!isParsed) connection.parse({ name, text: sql })
    connection.bind({ portal, statement: name, values: this.#values })
    if (!isDescribed) connection.describe({ type: 'P', name: portal })
  }
}

/** Opens a cursor and reads its first rows. */
export class CursorRequest extends StatementRequest {
  readonly #portal: string
  readonly #count: number

  constructor(statement: PreparedStatement, values: readonly BoundValue[], portal: string, count: number) {
    super(statement, values, [])
    this.#portal = portal
    this.#count = count
  }

  /** What reads the rows to come. */
  get rowDecoder(): RowDecoder | undefined {
    return this.decoder
  }

  protected override write(connection: PgConnection): void {
    this.writeBind(connection, this.#portal)
    connection.execute({ portal: this.#portal, rows: this.#count })
    connection.sync()
  }
}

/** Reads on. */
export class FetchRequest extends ServerRequest {
  readonly #portal: string
  readonly #count: number

  constructor(portal: string, count: number, decoder: RowDecoder | undefined) {
    super()
    this.#portal = portal
    this.#count = count
    this.decoder = decoder
  }

  protected override write(connection: PgConnection): void {
    connection.execute({ portal: this.#portal, rows: this.#count })
    connection.sync()
  }
}

/** Ends a cursor before its time. */
export class ClosePortalRequest extends ServerRequest {
  readonly #portal: string

  constructor(portal: string) {
    super()
    this.#portal = portal
  }

  protected override write(connection: PgConnection): void {
    connection.close({ type: 'P', name: this.#portal })
    connection.sync()
  }
}
