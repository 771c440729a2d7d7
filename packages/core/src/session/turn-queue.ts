/** One thing at a time, in the order in which they came. It knows nothing of what they are. */
export class TurnQueue {
  /** Settles, without a value, when the last of what came has. */
  #last: Promise<unknown> = Promise.resolve()
  #pending = 0

  /** Whether nothing is under way, so that something synchronous may be done at once. */
  get isIdle(): boolean {
    return this.#pending === 0
  }

  /** Runs `work` when everything before it has settled. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++
    const running = this.#last.then(work)
    this.#last = running.catch(() => undefined)
    try {
      return await running
    } finally {
      this.#pending--
    }
  }

  /** Waits for what has come until now. */
  async settled(): Promise<void> {
    if (!this.isIdle) await this.#last
  }
}
