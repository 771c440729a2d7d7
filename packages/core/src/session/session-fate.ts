/**
 * What still may run on a session, and why not.
 *
 *   usable ──doom()──▶ doomed: statements fail with the reason, commit() rolls back
 *     │                  │ the transaction ends
 *     │ ◀────────────────┘
 *     └──── release() ──▶ released
 *
 * It runs nothing and rolls nothing back.
 */
import { abortError, onceAborted } from '../abort/abort-error.ts'
import { type JoinedSignal, joinSignals } from '../abort/join-signals.ts'
import { StoreError } from '../errors/store-error.ts'

export class SessionFate {
  /** Set while a COMMIT is under way: then it is the COMMIT that says how things end. */
  isCommitting = false
  /** Set while the transaction is being ended: a statement that comes now would run after it, on its own. */
  isEnding = false
  isReleased = false
  readonly #signal: AbortSignal | undefined
  /** Made when something may have to wait; most sessions never do. */
  #stop: AbortController | undefined
  #leave: (() => void) | undefined
  #doomed: StoreError | undefined

  /** `signal` ends what the session waits for, whatever the signal of a single statement. */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  get doomed(): StoreError | undefined {
    return this.#doomed
  }

  /** Whether something may begin that does not wait. */
  isUsable(signal: AbortSignal | undefined): boolean {
    const isAborted = signal?.aborted === true || this.#signal?.aborted === true
    return !this.isReleased && this.#doomed === undefined && !isAborted
  }

  /** The first reason counts. Whoever waits is told at once. Answers false once a commit is under way. */
  doom(reason: StoreError): boolean {
    if (this.isCommitting) return false
    this.#doomed ??= reason
    this.#stop?.abort(reason)
    return true
  }

  /** As {@link doom}, for what has failed by itself: nobody waits then. */
  lose(reason: StoreError): void {
    this.#doomed ??= reason
  }

  /** The transaction is over, and what was wrong with it. */
  forgive(): void {
    this.#doomed = undefined
  }

  /** @throws the reason of the doom, CLOSED, ABORTED */
  assertUsable(signal: AbortSignal | undefined): void {
    if (this.#doomed !== undefined) throw toldAgain(this.#doomed, 'the transaction is lost', 'query')
    if (this.isReleased) throw this.over()
    if (signal?.aborted === true) throw abortError(signal, 'query')
  }

  /** For what may have to wait: ends with the statement's signal, with the session's, and with its doom. */
  joined(signal: AbortSignal | undefined): JoinedSignal {
    this.#stop ??= this.#startStop()
    return joinSignals(
      signal === undefined || signal === this.#signal ? [this.#stop.signal] : [this.#stop.signal, signal],
    )
  }

  /** Nothing of the session runs any more. */
  letGo(): void {
    this.#leave?.()
  }

  /** The session's signal and its doom are one, for as long as the session: each statement waits with it. */
  #startStop(): AbortController {
    const stop = new AbortController()
    const signal = this.#signal
    this.#leave = signal && onceAborted(signal, () => stop.abort(signal.reason))
    return stop
  }

  over(): StoreError {
    return new StoreError('CLOSED', 'the connection was given back already', { operation: 'query' })
  }
}

/** A reason where somebody runs into it once more. */
export function toldAgain({ code, message, cause }: StoreError, prefix: string, operation: string): StoreError {
  return new StoreError(code, `${prefix}: ${message}`, { operation, cause })
}
