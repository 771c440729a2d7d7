/**
 * Kysely's `Driver` over an engine's sessions.
 *
 * The Store gives it to Kysely's own transaction builders, which call it with the session that our executor provided;
 * the bare dialects give it to Kysely's executor, which also acquires and releases through it.
 */
import type { AbortableOperationOptions, DatabaseConnection, Driver, TransactionSettings } from 'kysely'
import type { Engine, EngineSession } from '../contract/backend.ts'

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

  async init(): Promise<void> {
    this.#engine ??= await this.#open()
  }

  async acquireConnection(options?: AbortableOperationOptions): Promise<DatabaseConnection> {
    this.#engine ??= await this.#open()
    return this.#engine.acquire({ signal: options?.signal })
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    this.#onBegin?.()
    return (connection as EngineSession).begin(settings, {})
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).rollback()
  }

  savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).savepoint(name)
  }

  rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).rollbackToSavepoint(name)
  }

  releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    return (connection as EngineSession).releaseSavepoint(name)
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return (connection as EngineSession).release()
  }

  destroy(): Promise<void> {
    return this.#close()
  }
}
