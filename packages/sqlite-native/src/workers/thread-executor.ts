/**
 * One worker thread of a store, and how what it runs is stopped: by the interrupt library, while the thread says that it
 * runs what is meant.
 *
 * It keeps the process alive only while somebody waits for it.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Channel, SqliteExecutor } from '@upkeep/core/sqlite'
import { StopWord } from '@upkeep/core/sqlite'
import type { InterruptControl } from '../interrupt/interrupt-control.ts'
import { createLoadedWord, expectLoading, tellLoaded } from './loading-threads.ts'
import type { ThreadData } from './thread-messages.ts'

export class ThreadExecutor implements SqliteExecutor {
  readonly stopsByEnding = false
  readonly channel: Channel
  readonly #worker: Worker
  readonly #stopWord = new StopWord()
  readonly #control: InterruptControl
  #token: string | undefined

  constructor(data: Omit<ThreadData, 'stopBuffer' | 'loadedBuffer'>, control: InterruptControl) {
    const loadedBuffer = createLoadedWord()
    const workerData: ThreadData = { ...data, stopBuffer: this.#stopWord.buffer, loadedBuffer }
    this.#worker = new Worker(new URL('./sqlite-thread.js', import.meta.url), {
      workerData,
      // Without the application's own flags: with those of `node --import` the thread would run the application.
      execArgv: [],
    })
    this.#worker.unref()
    expectLoading(loadedBuffer)
    this.#worker.once('exit', () => tellLoaded(loadedBuffer))
    this.#control = control
    this.channel = channelOf(this.#worker)
  }

  opened(token: unknown): void {
    this.#token = String(token)
  }

  stop(id: number): void {
    const token = this.#token
    if (token !== undefined) this.#stopWord.whileArmed(id, () => this.#control.interrupt(token))
  }

  /** Stops what it runs, whatever that is. Answers false when it runs nothing that may be stopped. */
  stopAny(): boolean {
    const { running } = this.#stopWord
    if (running === 0) return false
    this.stop(running)
    return true
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  /** Resolves when the thread has ended, however. */
  async ended(): Promise<void> {
    await once(this.#worker, 'exit')
  }
}

function channelOf(worker: Worker): Channel {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onGone: (listener) => {
      worker.on('error', (error) => listener(`has failed: ${error.message}`))
      worker.on('exit', (code) => listener(`has ended with ${code}`))
    },
    keepAlive: (isAwaited) => (isAwaited ? worker.ref() : worker.unref()),
  }
}
