/**
 * Kysely's `Driver` over an engine's sessions.
 *
 * The Store gives it to Kysely's own transaction builders, which call it with the session that our executor provided;
 * the bare dialects give it to Kysely's executor, which also acquires and releases through it.
 */
import type { AbortableOperationOptions, DatabaseConnection, Driver, TransactionSettings } from 'kysely'
import type { Engine, EngineSession } from '../contract/backend.ts'

/** Kysely's `Driver` over an engine's sessions, for backends that also offer a bare dialect. */
export class SessionDriver implements Driver {
  readonly #open: () => Promise<Engine>
  readonly #close: () => Promise<void>
  readonly #onBegin: (() => void) | undefined
  #engine: Engine | undefined

  /** `open` is called at the first use, `close` by `destroy()`, `onBegin` at every transaction. */
  constructor(open: () => Promise<Engine>, close: () => Promise<void>, onBegin?: () => void) {
    this.#onBegin = onBegin
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
    this.#onBegin?.()
    return (connection as EngineSession).begin(settings, {})
  }

  /** Commits. @throws what the commit says; the transaction is then rolled back */
  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).commit()
  }

  /** Rolls back. */
  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).rollback()
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
}
