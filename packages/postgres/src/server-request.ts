/**
 * One exchange with the server: messages that end with a Sync, and what comes back until the server is ready again.
 *
 *   waiting ──submit()──▶ sent ──CommandComplete──▶ complete ──ReadyForQuery──▶ settled
 *      │                   │ an error of the server           │
 *      │                   ├──▶ failed ──ReadyForQuery────────┤
 *      │ the connection    │ the connection ends              │
 *      └───────────────────┴──────────────────────────────────┴──▶ settled, lost
 *
 * It settles only when the server is ready: who has its answer knows that the server does nothing any more for it. What
 * a failure means is for others to say.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html
 */
import { StoreError } from '@upkeep/core'
import type { PgConnection, PgField, Submittable } from './pg-client.ts'
import { isServerMessage } from './postgres-errors.ts'
import { createRowDecoder, type RowDecoder } from './row-decoder.ts'

/** Who waits for a request. */
export interface RequestListener {
  /** The server is ready again, or gone; `failure` is what went wrong. */
  settled(failure: unknown): void
}

export abstract class ServerRequest implements Submittable {
  /** Whether the server may have got it. */
  isSent = false
  /** Whether the server has said that it is done; what is left is the end of its own transaction. */
  isComplete = false
  /** Rows that have come, decoded. */
  rows: Record<string, unknown>[] = []
  /** What the server calls what it has done, e.g. `INSERT 0 1`. */
  tag = ''
  protected decoder: RowDecoder | undefined
  #failure: unknown
  #listener: RequestListener | undefined

  /** Writes the messages. */
  protected abstract write(connection: PgConnection): void

  /** A Parse of this request has come through. */
  parsed(): void {}

  /** Whoever runs it says so before it is given to the client. */
  listen(listener: RequestListener): void {
    this.#listener = listener
  }

  /** The connection has ended; what the server has said before counts. */
  lost(reason: unknown): void {
    this.#settle(this.#failure ?? reason)
  }

  submit(connection: PgConnection): null {
    this.isSent = true
    const { stream } = connection
    stream.cork()
    try {
      this.write(connection)
    } finally {
      stream.uncork()
    }
    return null
  }

  handleRowDescription({ fields }: { readonly fields: readonly PgField[] }): void {
    this.decoder = createRowDecoder(fields)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const { decoder } = this
    if (decoder !== undefined) this.rows.push(decoder(fields))
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.isComplete = true
    this.tag = text
  }

  handlePortalSuspended(): void {}

  handleEmptyQuery(): void {
    this.isComplete = true
  }

  handleReadyForQuery(): void {
    this.#settle(undefined)
  }

  /** Of an error of the server the Sync is still to be answered. */
  handleError(error: unknown, connection: PgConnection): void {
    this.#failure ??= error
    if (isServerMessage(error)) connection.once('readyForQuery', () => this.#settle(this.#failure))
    else this.#settle(this.#failure)
  }

  handleCopyInResponse(connection: PgConnection): void {
    this.#failure ??= new StoreError('UNSUPPORTED', 'COPY FROM STDIN is not supported', { operation: 'query' })
    connection.sendCopyFail('there is nothing to copy')
    // The server has ignored the one before, since it was waiting for data.
    connection.sync()
  }

  handleCopyData(): void {}

  #settle(failure: unknown): void {
    const listener = this.#listener
    this.#listener = undefined
    listener?.settled(failure)
  }
}

/** A text without parameters, as it is: BEGIN, COMMIT and the like. */
export class TextRequest extends ServerRequest {
  readonly #sql: string

  constructor(sql: string) {
    super()
    this.#sql = sql
  }

  protected override write(connection: PgConnection): void {
    connection.query(this.#sql)
  }
}
