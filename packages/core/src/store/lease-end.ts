/**
 * How a lease ends before its work has: by the caller's signal, or because the store closes.
 *
 *   waiting for a session ──race()──▶ working ──pointOfNoReturn()──▶ committing
 *           │ stop()                     │ stop()                        stop() does nothing
 *           ▼                            ▼
 *   the engine stops waiting      the session is doomed, and the lease rejects
 *
 * It leases nothing and gives nothing back.
 */
import { abortError } from '../abort/abort-error.ts'
import type { EngineSession } from '../contract/backend.ts'
import type { StoreError } from '../errors/store-error.ts'

export class LeaseEnd {
  readonly #operation: string
  readonly #caller: AbortSignal | undefined
  readonly #shutdown: AbortSignal
  readonly #ended: WeakSet<EngineSession>
  /** Only where there are two who can end it: a signal that is there already costs nothing. */
  readonly #own: AbortController | undefined
  #session: EngineSession | undefined
  #reject: ((reason: StoreError) => void) | undefined
  #reason: StoreError | undefined
  #isPast = false

  /** `ended` gets the session if it is ended early. */
  constructor(
    operation: string,
    caller: AbortSignal | undefined,
    shutdown: AbortSignal,
    ended: WeakSet<EngineSession>,
  ) {
    this.#ended = ended
    this.#operation = operation
    this.#caller = caller
    this.#shutdown = shutdown
    this.#own = caller === undefined ? undefined : new AbortController()
  }

  /** What the session is acquired with. */
  get signal(): AbortSignal {
    return this.#own?.signal ?? this.#shutdown
  }

  /** From here on it is the work that says how things end. */
  readonly pointOfNoReturn = (): void => {
    this.#isPast = true
  }

  /** Ends it, for whichever of the two has aborted. */
  readonly stop = (): void => {
    if (this.#isPast || this.#reason !== undefined) return
    const reason = abortError(this.#caller?.aborted === true ? this.#caller : this.#shutdown, this.#operation)
    const session = this.#session
    if (session !== undefined) {
      if (!session.doom(reason)) return
      this.#ended.add(session)
    }
    this.#reason = reason
    this.#own?.abort(reason)
    this.#reject?.(reason)
  }

  /** Settles as `work` does, or rejects as soon as it is ended; the work is then left to itself. */
  race<T>(session: EngineSession, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#reason !== undefined) {
        reject(this.#reason)
        return
      }
      this.#session = session
      this.#reject = reject
      work().then(resolve, reject)
    })
  }
}
