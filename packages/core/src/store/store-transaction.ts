/**
 * Kysely's transaction, with savepoints as a method.
 *
 * Savepoints are a stack, so siblings queue: the second begins when the first is released or rolled back. A nested
 * transaction inside a nested one has a queue of its own, or it would wait for its parent.
 */
import { type KyselyProps, Transaction } from 'kysely'
import type { AmbientScope, AsyncContext, EngineSession } from '../contract/backend.ts'
import type { StoreTransaction } from '../contract/transaction.ts'
import { StoreError } from '../errors/store-error.ts'
import { kyselyProps } from '../kysely/kysely-internals.ts'
import type { SessionProvider } from './session-runner.ts'

/** What all the nested transactions of one transaction share. */
interface TransactionParts {
  readonly props: KyselyProps
  readonly session: EngineSession
  /** How statements reach the session. */
  readonly provider: SessionProvider
  readonly asyncContext: AsyncContext | undefined
}

/** The async context of a nested block; it stands for its session. */
class NestedScope implements AmbientScope {
  readonly inTransaction = true
  readonly outer: AmbientScope
  readonly parent: object

  constructor(outer: AmbientScope, parent: object) {
    this.outer = outer
    this.parent = parent
  }
}

class SavepointTransaction<DB> extends Transaction<DB> implements StoreTransaction<DB> {
  readonly #parts: TransactionParts
  readonly #depth: number
  #lastSibling: Promise<unknown> = Promise.resolve()

  constructor(parts: TransactionParts, depth: number) {
    super(parts.props)
    this.#parts = parts
    this.#depth = depth
  }

  async nested<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T> {
    this.#assertNotInside()
    const running = this.#lastSibling.then(() => this.#savepoint(work))
    this.#lastSibling = running.catch(() => undefined)
    return running
  }

  /** A block that queues behind the one it is called in would wait for ever. */
  #assertNotInside(): void {
    const { asyncContext } = this.#parts
    for (let scope = asyncContext?.getStore(); scope !== undefined; scope = scope.outer) {
      if (!(scope instanceof NestedScope) || scope.parent !== this) continue
      const message = 'nested() would wait for the block it is called in; call it on the transaction of that block'
      throw new StoreError('NESTED_USE', message, { operation: 'savepoint' })
    }
  }

  async #savepoint<T>(work: (tx: StoreTransaction<DB>) => Promise<T>): Promise<T> {
    const { session } = this.#parts
    const name = `upkeep_${this.#depth}`
    await session.savepoint(name)
    try {
      const result = await this.#inScope(() => work(new SavepointTransaction<DB>(this.#parts, this.#depth + 1)))
      await session.releaseSavepoint(name)
      return result
    } catch (error) {
      await this.#undo(name)
      // What failed first is what the caller hears of.
      throw error
    }
  }

  /** What cannot be undone alone is undone with the whole transaction. */
  async #undo(name: string): Promise<void> {
    const { session } = this.#parts
    try {
      await session.rollbackToSavepoint(name)
      await session.releaseSavepoint(name)
    } catch (cause) {
      session.doom(new StoreError('ABORTED', 'a nested block could not be undone', { operation: 'savepoint', cause }))
    }
  }

  #inScope<T>(work: () => Promise<T>): Promise<T> {
    const { asyncContext, session } = this.#parts
    const outer = asyncContext?.getStore() ?? session
    return asyncContext === undefined ? work() : asyncContext.run(new NestedScope(outer, this), work)
  }
}

/** A transaction on a session, with the plugins of `props`. */
export function createStoreTransaction<DB>({ props, ...parts }: TransactionParts): StoreTransaction<DB> {
  const executor = props.executor.withConnectionProvider(parts.provider)
  return new SavepointTransaction<DB>({ ...parts, props: kyselyProps(props.dialect, props.driver, executor) }, 1)
}
