/**
 * Who hears which tables a commit has changed.
 *
 * It knows no commits, and filters nothing. Whoever listens must not throw.
 */
import type { ChangedTables } from '../contract/change.ts'

/** Hears of a commit. */
export type CommitListener = (tables: ChangedTables) => void

export class CommitFeed {
  readonly #listeners = new Set<CommitListener>()

  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** The answer takes it off again. Each is given once. */
  add(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(tables: ChangedTables): void {
    for (const listener of this.#listeners) listener(tables)
  }
}
