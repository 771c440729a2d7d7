/**
 * The watchdog of this thread's statements: one thread, shared by all stores, that interrupts what runs too long while
 * this one is in SQLite. It begins with the first connection that is guarded and ends with the last one.
 *
 * To arm and to disarm is a word of shared memory each; see guard-words.ts. It reads no database.
 */
import { Worker } from 'node:worker_threads'
import type { StoreLog } from '@upkeep/core'
import type { StatementGuard } from '@upkeep/core/sqlite'
import { errorLabel, StoreError } from '@upkeep/core/sqlite/host'
import { createLoadedWord, expectLoading, tellLoaded } from '../workers/loading-threads.ts'
import { ArmedWord, createGuardWords, end, type GuardWords, MAX_GUARDS } from './guard-words.ts'
import type { InterruptLibrary } from './interrupt-library.ts'

/** What the thread is started with. */
export interface WatchdogData {
  readonly words: GuardWords
  /** The interrupt library. */
  readonly libraryPath: string
  /** See loading-threads.ts. */
  readonly loadedBuffer: SharedArrayBuffer
}

/** A guard, and how it is given back. */
export interface GuardLease {
  readonly guard: StatementGuard
  /** Called once, when the connection is closed. */
  release(): void
}

class Watchdog {
  readonly #words = createGuardWords()
  readonly #free: number[] = []
  #used = 0
  #count = 0

  constructor(library: InterruptLibrary, log: StoreLog) {
    const onError = (error: unknown): void => {
      log.warn('the watchdog has ended: statements have no limits until all stores were closed', {
        code: errorLabel(error),
      })
    }
    try {
      this.#start(library, onError)
    } catch (error) {
      // Where the process may have no threads, the store works all the same.
      onError(error)
    }
  }

  #start(library: InterruptLibrary, onError: (error: unknown) => void): void {
    const loadedBuffer = createLoadedWord()
    const workerData: WatchdogData = { words: this.#words, libraryPath: library.path, loadedBuffer }
    const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), {
      workerData,
      // Without the application's own flags: with those of `node --import` the thread would run the application.
      execArgv: [],
      // It holds a few numbers.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    // It keeps no process alive.
    thread.unref()
    expectLoading(loadedBuffer)
    thread.once('exit', () => tellLoaded(loadedBuffer))
    thread.on('error', onError)
  }

  get isIdle(): boolean {
    return this.#count === 0
  }

  /** @throws CONNECTION when there are as many as there may be */
  lease(token: string): ArmedWord {
    const index = this.#free.pop() ?? this.#used
    if (index >= MAX_GUARDS) throw new StoreError('CONNECTION', 'too many guarded connections', { operation: 'open' })
    this.#used = Math.max(this.#used, index + 1)
    this.#count++
    return new ArmedWord(this.#words, index, token)
  }

  release({ index }: ArmedWord): void {
    this.#free.push(index)
    this.#count--
  }

  /** The thread is never killed: it might be firing, and whoever disarms would wait for it. */
  end(): void {
    end(this.#words)
  }
}

let watchdog: Watchdog | undefined

/** Puts the connection of `token` under the watchdog of this thread. @throws CONNECTION */
export function leaseGuard(library: InterruptLibrary, token: string, log: StoreLog): GuardLease {
  const leasedFrom = watchdog ?? new Watchdog(library, log)
  watchdog = leasedFrom
  const guard = leasedFrom.lease(token)
  return {
    guard,
    release: () => {
      // One that is closed while it is armed may be fired at just now, which would end in the words of its successor.
      guard.disarm()
      leasedFrom.release(guard)
      if (!leasedFrom.isIdle) return
      leasedFrom.end()
      if (watchdog === leasedFrom) watchdog = undefined
    },
  }
}
