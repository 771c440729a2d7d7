/**
 * Kysely's `Driver` over an engine's sessions.
 *
 * The Store gives it to Kysely's own transaction builders, which call it with the session that our executor provided;
 * the bare dialects give it to Kysely's executor, which also acquires and releases through it.
 */
import type { AbortableOperationOptions, DatabaseConnection, Driver, TransactionSettings } from 'kysely'
import type { Engine, EngineSession } from '../contract/backend.ts'

/** Hears of the transactions that Kysely's own builders make. */
export interface TransactionObserver {
  /** One is to begin. */
  begun(): void
  /** A step of one has failed; what it answers is thrown. */
  failed(error: unknown, operation: string): unknown
}

/** Kysely's `Driver` over an engine's sessions, for backends that also offer a bare dialect. */
export class SessionDriver implements Driver {
  readonly #open: () => Promise<Engine>
  readonly #close: () => Promise<void>
  readonly #observer: TransactionObserver | undefined
  #engine: Engine | undefined

  /** `open` is called at the first use, `close` by `destroy()`. */
  constructor(open: () => Promise<Engine>, close: () => Promise<void>, observer?: TransactionObserver) {
    this.#observer = observer
    this.#open = open
    this.#close = close
  }

  /** Opens the engine, unless it is open. */
  async init(): Promise<void> {
    this.#engine ??= await this.#open()
  }

  /** Leases a session. @throws StoreError, also where opening failed */
  async acquireConnection(options?: AbortableOperationOptions): Promise<DatabaseConnection> {
    this.#engine ??= await this.#open()
    return this.#engine.acquire({ signal: options?.signal })
  }

  /** Begins a transaction on a leased session. @throws BUSY, NESTED_USE, ABORTED, INVALID_ARGUMENT */
  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    this.#observer?.begun()
    return this.#observed('begin', (connection as EngineSession).begin(settings, {}))
  }

  /** Commits. @throws what the commit says; the transaction is then rolled back */
  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#observed('commit', (connection as EngineSession).commit())
  }

  /** Rolls back. */
  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#observed('rollback', (connection as EngineSession).rollback())
  }

  /** Begins a savepoint. */
  savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).savepoint(name)
  }

  /** Undoes what was done since the savepoint. */
  rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).rollbackToSavepoint(name)
  }

  /** Ends the savepoint and keeps what was done. */
  releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).releaseSavepoint(name)
  }

  /** Gives the session back; rolls back what is open. Never rejects. */
  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).release()
  }

  /** Closes the engine, or the store that it belongs to. */
  destroy(): Promise<void> {
    return this.#close()
  }

  #observed(operation: string, step: Promise<void>): Promise<void> {
    const observer = this.#observer
    return observer === undefined ? step : step.catch((error) => Promise.reject(observer.failed(error, operation)))
  }
}
