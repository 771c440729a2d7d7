/**
 * Statements on one session: ours, or one that a connection provider of Kysely's has.
 *
 * What a session may do, and in what order, is its own business; statements are counted by the {@link StoreRunner}.
 */
import type { AbortableQueryOptions, CompiledQuery, ConnectionProvider, DatabaseConnection, QueryResult } from 'kysely'
import type { EngineSession } from '../contract/backend.ts'
import { StoreError } from '../errors/store-error.ts'
import type { StatementRunner, StreamObserver } from '../kysely/store-executor.ts'
import type { StoreRunner } from './store-runner.ts'

/**
 * A session as it is, for as long as its owner says: it keeps its own order, so nothing has to queue for it.
 *
 * A statement that comes after the COMMIT or the ROLLBACK was called must not run outside the transaction.
 */
export class SessionProvider implements ConnectionProvider {
  readonly #session: EngineSession
  #isOver = false

  constructor(session: EngineSession) {
    this.#session = session
  }

  /** @throws CLOSED */
  get session(): EngineSession {
    if (this.#isOver) throw new StoreError('CLOSED', 'the transaction or connection is over', { operation: 'query' })
    return this.#session
  }

  end(): void {
    this.#isOver = true
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(this.session)
  }
}

/**
 * Statements on a session that a provider holds: ours, or Kysely's inside its own builders.
 *
 * Kysely's lets one at a time have the connection, and a stream for as long as it is read: a statement in the loop over
 * a stream would wait for ever. So the session is only asked for, and used outside.
 */
export class SessionRunner implements StatementRunner {
  readonly #runner: StoreRunner
  readonly #provider: ConnectionProvider

  constructor(runner: StoreRunner, provider: ConnectionProvider) {
    this.#runner = runner
    this.#provider = provider
  }

  get timeoutMs(): number | undefined {
    return this.#runner.timeoutMs
  }

  execute(query: CompiledQuery, options: AbortableQueryOptions | undefined): Promise<QueryResult<unknown>> {
    if (this.#provider instanceof SessionProvider) return this.#runner.onSession(this.#provider, query, options)
    return this.#session().then((session) => this.#runner.onSession({ session }, query, options))
  }

  observeStream(query: CompiledQuery): StreamObserver {
    return this.#runner.observeStream(query)
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(await this.#session())
  }

  #session(): Promise<EngineSession> {
    return this.#provider.provideConnection(async (connection) => connection as EngineSession)
  }
}
