/**
 * Commits that are written to the disk one by one, also with `durability: 'normal'`, for as long as a reader keeps the
 * log above its limit.
 *
 * Otherwise nothing of such a log is on the disk before it can be copied, and what a fast writer has added by then is
 * written at one go, for seconds. So the log grows as slowly as it does with `durability: 'full'`, and is copied at once
 * when the reader has gone.
 * Source: https://www.sqlite.org/pragma.html#pragma_synchronous
 */
import type { ConnectionSet } from './connection-set.ts'

export class CommitSync {
  readonly #set: Pick<ConnectionSet, 'options' | 'writer'>
  #isOn = false

  constructor(set: Pick<ConnectionSet, 'options' | 'writer'>) {
    this.#set = set
  }

  /** Whether there is something to set. The writer may be another one than the last time, with settings of its own. */
  isDue(isWanted: boolean): boolean {
    return this.#set.options.durability === 'normal' && (isWanted || this.#isOn)
  }

  /** Holding the write lock: inside a transaction SQLite refuses it. @throws the driver's errors */
  set(isOn: boolean): void {
    if (!this.isDue(isOn)) return
    this.#set.writer.exec(`PRAGMA synchronous = ${isOn ? 'FULL' : 'NORMAL'}`)
    this.#isOn = isOn
  }
}
