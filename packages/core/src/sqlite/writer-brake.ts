/**
 * Keeps the write-ahead log from outgrowing its limit while it is copied: a disk that is slow for a second, and a writer
 * that is not, make hundreds of megabytes of it. Close to the limit the writers of this store wait, behind the write lock,
 * until the copying is done.
 *
 * It looks at the size of the file by timer; a commit costs nothing. Writers of other processes it cannot stop.
 */
import { onceAborted } from '../abort/abort-error.ts'
import type { Clock } from '../contract/clock.ts'
import type { ConnectionSet } from './connection-set.ts'
import { withWriteLock } from './maintenance/maintenance-scope.ts'

/** How often it looks: what a fast writer adds meanwhile is the margin below the limit. */
const LOOK_MS = 10

/** What it needs of its store. */
export interface WriterBrakeParts {
  readonly set: ConnectionSet
  readonly clock: Clock
  /** Of the log. */
  readonly sizeBytes: () => number
  /** From here on writers wait. */
  readonly limitBytes: number
}

export class WriterBrake implements AsyncDisposable {
  readonly #parts: WriterBrakeParts
  readonly #over = new AbortController()
  #timer: unknown
  #isHolding = false
  #holding: Promise<void> | undefined

  /** Looks from now on until {@link end}. */
  constructor(parts: WriterBrakeParts) {
    this.#parts = parts
    this.#arm()
  }

  /** Whether nobody writes, since it has the write lock. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** Lets the writers go on, and waits for the lock no more. Resolves when it has nothing; called again, it does nothing. */
  async end(): Promise<void> {
    this.#parts.clock.clearTimer(this.#timer)
    this.#over.abort()
    await this.#holding
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  #arm(): void {
    this.#timer = this.#parts.clock.setTimer(() => this.#look(), LOOK_MS, true)
  }

  #look(): void {
    if (this.#parts.sizeBytes() <= this.#parts.limitBytes) this.#arm()
    // A lock that is not to be had, or a file that is another one, is for the copying to tell.
    else this.#holding = withWriteLock(this.#parts, this.#over.signal, () => this.#hold()).catch(() => undefined)
  }

  /** The end may have come in the moment in which the lock was given. */
  async #hold(): Promise<void> {
    this.#isHolding = true
    await new Promise<void>((resolve) => void onceAborted(this.#over.signal, resolve))
    this.#isHolding = false
  }
}
