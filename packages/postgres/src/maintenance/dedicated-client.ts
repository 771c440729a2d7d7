/**
 * A connection of maintenance's own, outside the pool: what the steps ask of it, over a client of pg.
 *
 * Notices are kept as data, since a statement of maintenance that did nothing says so in a notice only. It knows nothing of
 * TLS, passwords or how a CancelRequest is sent: whoever makes the client does.
 */
import type { StoreError } from '@upkeep/core'

/** What is used of pg's `Client`, and of the notices and errors it emits. */
export interface PgClient {
  /** The pid by which it can be cancelled. Behind a pooler it is not the backend's. */
  readonly processID: number | null
  connect(): Promise<unknown>
  query(query: {
    readonly text: string
    readonly values?: unknown[]
    readonly types: { getTypeParser(typeId: number): (text: any) => unknown }
  }): Promise<{ readonly rows: unknown[] }>
  on(event: 'notice' | 'error', listener: (message: any) => void): unknown
  end(): Promise<void>
}

/** A client that is not connected yet, and the ways to stop it that need no answer of its own. */
export interface ClientHandle {
  readonly client: PgClient
  /** Asks the server, on a connection of its own, to cancel what this client runs; resolves when that connection is closed. */
  cancel(): Promise<void>
  /** Drops the socket. */
  destroy(): void
}

/** Makes a client that is told apart by its `application_name`. */
export type ClientFactory = (applicationName: string) => ClientHandle

/** What the server has said beside the answer. */
export interface Notice {
  /** SQLSTATE. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly code: string
  /** `NOTICE`, `WARNING`, …, not translated. */
  readonly severity: string
  readonly message: string
}

/** Rows as maintenance reads them: every column is cast in SQL to what pg makes a number, a string or a boolean of. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>

/** pg's own parsers belong to the whole process, and the application may have set others. */
const TYPES = {
  getTypeParser(typeId: number): (text: string) => string | number | boolean {
    if (typeId === 16) return (text) => text === 't'
    return typeId === 701 || typeId === 23 ? Number : (text) => text
  },
}

/** Asks one thing. */
export type Ask = (sql: string, values?: readonly (string | number | readonly string[])[]) => Promise<readonly Row[]>

export class DedicatedClient {
  readonly #handle: ClientHandle
  readonly #classify: (error: unknown, operation: string) => StoreError
  readonly #notices: Notice[] = []
  #isEnded = false

  private constructor(handle: ClientHandle, classify: (error: unknown, operation: string) => StoreError) {
    this.#handle = handle
    this.#classify = classify
    handle.client.on('notice', (notice: { code?: string; severity?: string; message?: string }) => {
      const { code = '', severity = '', message = '' } = notice
      this.#notices.push({ code, severity, message })
    })
    // Told by the query that is running; without one the next query fails. Unheard it would end the process.
    handle.client.on('error', () => undefined)
  }

  /** @throws the driver's error, as `classify` makes it */
  static async open(
    handle: ClientHandle,
    classify: (error: unknown, operation: string) => StoreError,
    signal: AbortSignal,
  ): Promise<DedicatedClient> {
    const client = new DedicatedClient(handle, classify)
    const drop = (): void => handle.destroy()
    signal.addEventListener('abort', drop, { once: true })
    try {
      if (signal.aborted) drop()
      await handle.client.connect()
    } catch (error) {
      handle.destroy()
      throw classify(error, 'maintenance')
    } finally {
      signal.removeEventListener('abort', drop)
    }
    return client
  }

  /** See {@link PgClient.processID}. */
  get processId(): number | undefined {
    return this.#handle.client.processID ?? undefined
  }

  /** Asks something that is short. */
  readonly ask: Ask = async (sql, values) => {
    try {
      // Without values it is the simple protocol, in which a VACUUM runs outside a transaction block.
      const query = values === undefined ? {} : { values: [...values] }
      return (await this.#handle.client.query({ text: sql, types: TYPES, ...query })).rows as readonly Row[]
    } catch (error) {
      throw this.#classify(error, 'maintenance')
    }
  }

  /** Runs something that may be long, and answers what the server said beside it. */
  async run(sql: string): Promise<readonly Notice[]> {
    this.#notices.length = 0
    await this.ask(sql)
    return this.#notices.splice(0)
  }

  cancel(): Promise<void> {
    return this.#handle.cancel()
  }

  destroy(): void {
    this.#isEnded = true
    this.#handle.destroy()
  }

  /** Never rejects. Resolves when the server has closed the connection, and with that let go of what it held. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    await this.#handle.client.end().catch(() => this.#handle.destroy())
  }
}
