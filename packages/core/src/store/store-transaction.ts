/**
 * Kysely's transaction, with savepoints as a method.
 *
 * Savepoints are a stack, so siblings queue: the second begins when the first is released or rolled back. A nested
 * transaction inside a nested one has a queue of its own, or it would wait for its parent.
 */
import { type KyselyProps, Transaction } from 'kysely'
import type { EngineSession } from '../contract/backend.ts'
import type { StoreTransaction } from '../contract/store.ts'
import { kyselyProps } from '../kysely/kysely-internals.ts'
import type { SessionProvider } from './store-runner.ts'

class SavepointTransaction<DB> extends Transaction<DB> implements StoreTransaction<DB> {
  readonly #props: KyselyProps
  readonly #session: EngineSession
  readonly #depth: number
  #lastSibling: Promise<unknown> = Promise.resolve()

  constructor(props: KyselyProps, session: EngineSession, depth: number) {
    super(props)
    this.#props = props
    this.#session = session
    this.#depth = depth
  }

  nested<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T> {
    const running = this.#lastSibling.then(() => this.#savepoint(work))
    this.#lastSibling = running.catch(() => undefined)
    return running
  }

  async #savepoint<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T> {
    const name = `upkeep_${this.#depth}`
    await this.#session.savepoint(name)
    try {
      const result = await work(new SavepointTransaction<DB>(this.#props, this.#session, this.#depth + 1))
      await this.#session.releaseSavepoint(name)
      return result
    } catch (error) {
      // What failed first is what the caller hears of; a transaction that is gone has no savepoint to go back to.
      await this.#session.rollbackToSavepoint(name).catch(() => undefined)
      await this.#session.releaseSavepoint(name).catch(() => undefined)
      throw error
    }
  }
}

/** A transaction on `session`, which statements reach through `provider`, with the plugins of `props`. */
export function createStoreTransaction<DB>(
  props: KyselyProps,
  session: EngineSession,
  provider: SessionProvider,
): StoreTransaction<DB> {
  const executor = props.executor.withConnectionProvider(provider)
  return new SavepointTransaction<DB>(kyselyProps(props.dialect, props.driver, executor), session, 1)
}
