/**
 * Starts the worker threads of a store, and sees to it that a process that ends does not wait for them: Node joins its
 * threads, and one that is in SQLite hears of nothing.
 */
import type { SqliteExecutors } from '@upkeep/core/sqlite'
import type { InterruptControl } from '../interrupt/interrupt-control.ts'
import type { InterruptLibrary } from '../interrupt/interrupt-library.ts'
import { ThreadExecutor } from './thread-executor.ts'
import type { ThreadData } from './thread-messages.ts'

/** How long a process that ends goes on stopping statements: one that sorts looks up when it has sorted. */
const EXIT_PATIENCE_MS = 1000
const EXIT_REPEAT_MS = 2

const live = new Set<ThreadExecutor>()

export class ThreadExecutors implements SqliteExecutors {
  readonly canWrite = true
  readonly #data: Omit<ThreadData, 'stopBuffer' | 'loadedBuffer' | 'libraryPath' | 'addonPath'>
  readonly #library: InterruptLibrary
  readonly #addonPath: () => string | undefined
  #control: InterruptControl | undefined

  constructor(
    data: Omit<ThreadData, 'stopBuffer' | 'loadedBuffer' | 'libraryPath' | 'addonPath'>,
    library: InterruptLibrary,
    addonPath: () => string | undefined,
  ) {
    this.#data = data
    this.#library = library
    this.#addonPath = addonPath
  }

  start(): ThreadExecutor {
    this.#control ??= this.#library.openControl()
    const data = { ...this.#data, libraryPath: this.#library.path, addonPath: this.#addonPath() }
    const executor = new ThreadExecutor(data, this.#control)
    if (live.size === 0) process.on('exit', stopAll)
    live.add(executor)
    void executor.ended().then(() => {
      live.delete(executor)
      if (live.size === 0) process.off('exit', stopAll)
    })
    return executor
  }

  end(): void {
    this.#control?.close()
    this.#control = undefined
  }
}

/** The process is about to wait for its threads. Nothing asynchronous happens any more, so it stops and waits here. */
function stopAll(): void {
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const untilMs = performance.now() + EXIT_PATIENCE_MS
  while ([...live].filter((executor) => executor.stopAny()).length > 0 && performance.now() < untilMs) {
    Atomics.wait(word, 0, 0, EXIT_REPEAT_MS)
  }
}
