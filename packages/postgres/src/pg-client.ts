/**
 * What we use of `pg`, as types of our own, and the lazy import of it.
 *
 * A statement is given to `client.query()` as an object of our own, as pg-cursor and pg-query-stream do it: it writes
 * the messages of the protocol itself and hears of each answer. So the store knows whether anything was sent, settles
 * only when the server is ready again, and sees from which table a column comes.
 *
 * Relied on beyond the documented use of pg, each with a test in `test/pg-internals.test.ts`:
 *
 * 1. the methods of {@link Submittable}, and that `submit` is called when the client writes, and not before;
 * 2. `client.connection`: its messages, its `stream`, and the events `readyForQuery`,
 *    `parseComplete` and `parameterStatus`;
 * 3. `client.processID` and `client.secretKey`, which a CancelRequest needs;
 * 4. `client.getStartupConf()`, whose answer is what the startup packet holds.
 */
import { StoreError } from '@upkeep/core'

/** A column of a result, as the server describes it. */
export interface PgField {
  readonly name: string
  /** The table that the column is of; 0 for an expression. */
  readonly tableID: number
  readonly dataTypeID: number
}

/** What the server said of an error or a notice, by the fields of the protocol. */
export interface PgMessage {
  readonly message: string
  readonly severity?: string | undefined
  readonly code?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly constraint?: string | undefined
  readonly position?: string | undefined
  readonly routine?: string | undefined
}

/** The protocol, as far as statements need it. */
export interface PgConnection {
  /** With TLS the socket that encrypts. */
  readonly stream: PgSocket
  query(text: string): void
  parse(message: { readonly name: string; readonly text: string }): void
  bind(message: { readonly portal: string; readonly statement: string; readonly values: readonly unknown[] }): void
  describe(message: { readonly type: 'P'; readonly name: string }): void
  execute(message: { readonly portal: string; readonly rows: number }): void
  close(message: { readonly type: 'S' | 'P'; readonly name: string }): void
  sync(): void
  sendCopyFail(message: string): void
  on(event: 'parameterStatus', listener: (message: PgParameterStatus) => void): unknown
  on(event: 'parseComplete', listener: () => void): unknown
  once(event: 'readyForQuery', listener: () => void): unknown
  removeListener(event: 'readyForQuery', listener: () => void): unknown
}

/** A setting that the server reports by itself. */
export interface PgParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}

/** The socket of a connection. */
export interface PgSocket {
  readonly destroyed: boolean
  cork(): void
  uncork(): void
  destroy(error?: Error): void
  setTimeout?(timeoutMs: number, onIdle: () => void): unknown
}

/** A statement that writes its messages by itself. */
export interface Submittable {
  submit(connection: PgConnection): Error | null
  handleRowDescription(message: { readonly fields: readonly PgField[] }): void
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void
  handleCommandComplete(message: { readonly text: string }, connection: PgConnection): void
  handlePortalSuspended(connection: PgConnection): void
  handleEmptyQuery(connection: PgConnection): void
  handleReadyForQuery(connection: PgConnection): void
  handleError(error: unknown, connection: PgConnection): void
  handleCopyInResponse(connection: PgConnection): void
  handleCopyData(message: unknown, connection: PgConnection): void
}

/** A client of pg. */
export interface PgClient {
  readonly connection: PgConnection
  readonly processID: number | null
  readonly secretKey: number | null
  connect(): Promise<unknown>
  end(): Promise<void>
  query(statement: Submittable): unknown
  /** `I` outside a transaction, `T` inside one, `E` inside one that has failed. */
  getTransactionStatus(): string | null
  getStartupConf: () => Record<string, string>
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'notice', listener: (notice: PgMessage) => void): unknown
  on(event: 'notification', listener: (notification: unknown) => void): unknown
  on(event: 'end', listener: () => void): unknown
}

/** What a client is made with. */
export interface PgClientConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password: string | (() => Promise<string>) | null
  readonly ssl: false | object
  readonly application_name: string
  readonly keepAlive: boolean
  readonly keepAliveInitialDelayMillis: number
  readonly connectionTimeoutMillis: number
}

/** Makes clients. */
export type PgClientClass = new (config: PgClientConfig) => PgClient

/** Loads the driver. @throws UNSUPPORTED where it is not installed, or cannot be loaded */
export async function loadPg(): Promise<PgClientClass> {
  try {
    const { default: pg } = await import('pg')
    return pg.Client as unknown as PgClientClass
  } catch (cause) {
    throw new StoreError('UNSUPPORTED', 'the driver "pg" could not be loaded; is it installed?', {
      operation: 'open',
      cause,
    })
  }
}
