/**
 * One process of a store that reads for it, and how what it runs is stopped: by killing it. For where the interrupt
 * library is not there; see {@link ThreadExecutor}.
 *
 * A reader that is killed leaves nothing behind: it has written nothing, and the system takes its locks back.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Channel, SqliteExecutor } from '@upkeep/core/sqlite'
import type { ProcessData, ProcessKeeperData, ProcessNews, ProcessOrder } from './process-messages.ts'

export class ProcessExecutor implements SqliteExecutor {
  readonly stopsByEnding = true
  readonly channel: Channel
  readonly #keeper: Worker
  readonly #ended: Promise<unknown>

  constructor(data: ProcessData) {
    const workerData: ProcessKeeperData = { data, execPath: process.execPath }
    this.#keeper = new Worker(new URL('./process-keeper.js', import.meta.url), { workerData, execArgv: [] })
    this.#keeper.unref()
    this.#ended = once(this.#keeper, 'exit').catch(() => undefined)
    this.channel = channelOf(this.#keeper)
  }

  opened(): void {
    // There is nothing to know: it is killed as a whole.
  }

  /** Ends it, and it runs one call at a time. */
  stop(): void {
    tell(this.#keeper, { kind: 'kill' })
  }

  async close(): Promise<void> {
    this.stop()
    this.#keeper.ref()
    await this.#ended
  }
}

function channelOf(keeper: Worker): Channel {
  return {
    post: (message) => tell(keeper, { kind: 'send', message }),
    onMessage: (listener) =>
      keeper.on('message', (news: ProcessNews) => {
        if (news.kind === 'said') listener(news.message)
      }),
    onGone: (listener) => {
      keeper.on('message', (news: ProcessNews) => {
        if (news.kind === 'gone') listener(news.how)
      })
      keeper.on('error', (error) => listener(`could not be kept: ${error.message}`))
      keeper.on('exit', () => listener('has ended'))
    },
    keepAlive: (isAwaited) => (isAwaited ? keeper.ref() : keeper.unref()),
  }
}

function tell(keeper: Worker, order: ProcessOrder): void {
  keeper.postMessage(order)
}
