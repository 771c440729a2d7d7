/**
 * One thread for long tasks, shared by those of a store who need one now and then: opened for the first of them, ended
 * by the last.
 */
import type { OffloadResult, OffloadTask, SqliteOffload } from './port.ts'

export class ThreadShare {
  readonly #open: () => SqliteOffload
  #thread: SqliteOffload | undefined
  #userCount = 0

  constructor(open: () => SqliteOffload) {
    this.#open = open
  }

  /** The thread, until the answer is closed. */
  open(): SqliteOffload {
    this.#thread ??= this.#open()
    this.#userCount++
    return new SharedThread(this.#thread, () => this.#leave())
  }

  async #leave(): Promise<void> {
    this.#userCount--
    if (this.#userCount > 0) return
    const thread = this.#thread
    this.#thread = undefined
    await thread?.close()
  }
}

class SharedThread implements SqliteOffload {
  readonly #thread: SqliteOffload
  readonly #leave: () => Promise<void>
  #isClosed = false

  constructor(thread: SqliteOffload, leave: () => Promise<void>) {
    this.#thread = thread
    this.#leave = leave
  }

  get isWarm(): boolean {
    return this.#thread.isWarm
  }

  warmUp(): void {
    this.#thread.warmUp()
  }

  run(task: OffloadTask, signal: AbortSignal): Promise<OffloadResult> {
    return this.#thread.run(task, signal)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#leave()
  }
}
