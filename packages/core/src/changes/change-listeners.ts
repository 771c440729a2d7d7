/**
 * The listeners of `Store.onChange`: which of them a commit concerns, and how they are called.
 *
 * A commit is one call for each of them, and commits are not put together. What a listener does, or throws, is no part of
 * the statement that has changed something.
 */
import type { AsyncContext, Engine } from '../contract/backend.ts'
import type { ChangedTables, StoreChange } from '../contract/change.ts'
import type { StoreLog } from '../contract/log.ts'
import { errorLabel } from '../errors/error-label.ts'
import { invalidArgument, StoreError } from '../errors/store-error.ts'
import type { Lifecycle } from '../store/lifecycle.ts'

/** What it needs of the store. */
export interface ChangeListenersParts {
  readonly engine: Engine
  readonly lifecycle: Lifecycle
  readonly log: StoreLog
}

interface ChangeListener {
  /** As they were asked for, by their names as they are compared. */
  readonly tables: ReadonlyMap<string, string>
  readonly call: (change: StoreChange) => unknown
}

export class ChangeListeners {
  readonly #parts: ChangeListenersParts
  readonly #listeners = new Set<ChangeListener>()
  #stopHearing: (() => void) | undefined

  constructor(parts: ChangeListenersParts) {
    this.#parts = parts
  }

  /** The answer ends it. @throws CLOSED, INVALID_ARGUMENT, UNSUPPORTED */
  add(tables: readonly string[], call: (change: StoreChange) => unknown): () => void {
    const { engine, lifecycle } = this.#parts
    lifecycle.assertOpen('onChange')
    assertTables(tables)
    if (typeof call !== 'function') throw invalidArgument('onChange: the listener must be a function', 'onChange')
    if (!engine.capabilities.changeNotice || engine.onChange === undefined) {
      throw new StoreError('UNSUPPORTED', 'onChange: this backend does not tell of commits', { operation: 'onChange' })
    }
    const listener = { tables: new Map(tables.map((table) => [folded(table), table])), call }
    this.#listeners.add(listener)
    this.#stopHearing ??= engine.onChange((changed) => this.#tell(changed))
    return () => this.#remove(listener)
  }

  #remove(listener: ChangeListener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return
    this.#stopHearing?.()
    this.#stopHearing = undefined
  }

  #tell(changed: ChangedTables): void {
    const names = changed?.map(folded)
    for (const listener of this.#listeners) {
      const tables = names?.flatMap((name) => listener.tables.get(name) ?? []) ?? [...listener.tables.values()]
      if (tables.length > 0) this.#call(listener, Object.freeze({ tables: Object.freeze(tables) }))
    }
  }

  /** Not from within the statement, nor in the async context of its transaction: it would be taken for a part of that. */
  #call(listener: ChangeListener, change: StoreChange): void {
    const { engine, lifecycle, log } = this.#parts
    const call = (): unknown => {
      if (this.#listeners.has(listener) && lifecycle.status !== 'closed') return listener.call(change)
      return undefined
    }
    outside(engine.asyncContext, () =>
      Promise.resolve()
        .then(call)
        .catch((error) => log.warn('a listener of onChange failed', { error: errorLabel(error) })),
    )
  }
}

function outside(context: AsyncContext | undefined, work: () => unknown): void {
  if (context === undefined) work()
  else context.run(undefined, work)
}

function assertTables(tables: unknown): void {
  const isTable = (table: unknown): boolean => typeof table === 'string' && table !== ''
  if (!Array.isArray(tables) || tables.length === 0 || !tables.every(isTable)) {
    throw invalidArgument('onChange: the tables must be an array of names, and not empty', 'onChange')
  }
}

/** As SQLite compares names: only letters of ASCII have another case. */
function folded(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
