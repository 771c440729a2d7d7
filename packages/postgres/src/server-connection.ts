/**
 * One connection to the server: what runs on it, whether it may go on, and what became of it.
 *
 *   open ──run()──▶ running ──settled──▶ open ── … ──close()──▶ gone
 *     └──────────────┴── the socket ends, the server says goodbye ──▶ lost
 *
 * One request at a time; who has more to do waits. Whatever happens to its socket is heard here and never an event that
 * nobody listens to. It knows no pool and no transaction.
 */
import { StoreError } from '@upkeep/core'
import type { PgClient, PgMessage } from './pg-client.ts'
import { classifyPostgresError } from './postgres-errors.ts'
import { PreparedStatements, type StatementRegistry } from './prepared-statements.ts'
import { type ServerRequest, TextRequest } from './server-request.ts'

/** What was learnt while connecting. */
export interface ConnectionFacts {
  /** Whether a pooler stands in between that may give each transaction another connection of the server. */
  readonly isPooled: boolean
  /** The server's process; not told behind a pooler. */
  readonly serverPid: number | undefined
  /** What the server has reported by itself, by the name of the setting. */
  readonly settings: ReadonlyMap<string, string>
  /** When it was made, on the clock of the store. */
  readonly openedMs: number
}

/** How long a socket stays open after we have said goodbye. */
const GOODBYE_MS = 1000

export class ServerConnection {
  readonly client: PgClient
  #facts: ConnectionFacts
  #statements: PreparedStatements
  readonly #registry: StatementRegistry
  /** Something was changed that outlives a transaction. */
  isDirty = false
  /** Must not be used by anybody else, for example because its client was given away. */
  isSpoilt = false
  #running: ServerRequest | undefined
  #lost: StoreError | undefined
  #onNotice: ((notice: PgMessage) => void) | undefined
  readonly #onLost = new Set<() => void>()

  /** Takes over a client that is connected, and on which nobody else listens. */
  constructor(client: PgClient, facts: ConnectionFacts, registry: StatementRegistry) {
    this.client = client
    this.#facts = facts
    this.#registry = registry
    this.#statements = new PreparedStatements(registry, !facts.isPooled)
    client.on('error', (error) => this.#loses(error))
    client.on('end', () => this.#loses(new Error('ended')))
    client.on('notice', (notice) => this.#onNotice?.(notice))
    client.connection.on('parseComplete', () => this.#running?.parsed())
  }

  get facts(): ConnectionFacts {
    return this.#facts
  }

  get statements(): PreparedStatements {
    return this.#statements
  }

  /** What the first question has shown. */
  withFacts(facts: ConnectionFacts): this {
    this.#facts = facts
    this.#statements = new PreparedStatements(this.#registry, !facts.isPooled)
    return this
  }

  /** Why it is of no use any more. */
  get lost(): StoreError | undefined {
    return this.#lost
  }

  /** What runs now. */
  get running(): ServerRequest | undefined {
    return this.#running
  }

  get inTransaction(): boolean {
    const status = this.client.getTransactionStatus()
    return status === 'T' || status === 'E'
  }

  /** Whether a statement has failed in the transaction, so that nothing but a rollback is taken. */
  get isFailed(): boolean {
    return this.client.getTransactionStatus() === 'E'
  }

  /** Whether somebody else may have it as it is. */
  get isClean(): boolean {
    return (
      this.#lost === undefined &&
      !this.isSpoilt &&
      !this.isDirty &&
      this.#running === undefined &&
      this.client.getTransactionStatus() === 'I'
    )
  }

  /** Calls `listener` once when it is lost. */
  onLost(listener: () => void): () => void {
    this.#onLost.add(listener)
    return () => this.#onLost.delete(listener)
  }

  /** Who hears of notices from now on; `undefined` for nobody. */
  onNotice(listener: ((notice: PgMessage) => void) | undefined): void {
    this.#onNotice = listener
  }

  /** Resolves when the server is ready again; rejects with what it, or its socket, has said. */
  run<R extends ServerRequest>(request: R): Promise<R> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      request.listen({
        settled: (failure) => {
          this.#running = undefined
          if (failure === undefined) resolve(request)
          else reject(failure)
        },
      })
      this.#running = request
      this.client.query(request)
    })
  }

  /** Runs a text without parameters. */
  async runText(sql: string): Promise<TextRequest> {
    return this.run(new TextRequest(sql))
  }

  /** Says goodbye; resolves, and never rejects, when the socket is gone. */
  async close(): Promise<void> {
    this.#lost ??= new StoreError('CLOSED', 'the connection was closed', { operation: 'query' })
    const ended = this.client.end()
    // A server that does not answer keeps no socket open.
    const { stream } = this.client.connection
    stream.setTimeout?.(GOODBYE_MS, () => stream.destroy())
    await ended.catch(() => undefined)
  }

  /** Ends it at once: for a server that does not answer. What runs fails. */
  destroy(reason: StoreError): void {
    this.#loses(reason)
  }

  #loses(error: unknown): void {
    if (this.#lost === undefined) {
      this.#lost = classifyPostgresError(error, 'query')
      for (const listener of this.#onLost) listener()
      this.#onLost.clear()
    }
    this.#running?.lost(error)
    const { stream } = this.client.connection
    if (!stream.destroyed) stream.destroy()
  }
}
