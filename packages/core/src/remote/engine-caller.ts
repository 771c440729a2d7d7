/**
 * Calls to the host of an engine: each with its signal, its rows, and what it means that the host is gone.
 */
import { abortError } from '../abort/abort-error.ts'
import type { StoreError } from '../errors/store-error.ts'
import { type CallStopper, forwardAbort, withReason } from './call-signals.ts'
import type { ResultAnswer } from './engine-calls.ts'
import { type LastResort, StoppedCalls } from './last-resort.ts'
import type { RemoteCall, RemoteClient } from './remote-client.ts'
import { type RowBatch, RowUnpacker } from './row-batch.ts'
import type { Notes } from './side-channel.ts'
import { type IfGone, workerGone } from './worker-gone.ts'

/** How a call is made. */
export interface AskOptions {
  /** Its abort follows the call. @default none */
  readonly signal?: AbortSignal | undefined
  /** Why it may be stopped besides its signal. @default none */
  readonly reason?: (() => StoreError | undefined) | undefined
  /** What it means that the host went before it had answered. @default 'CONNECTION' */
  readonly ifGone?: IfGone | undefined
  /** Takes the batches that come before the answer. @default there are none */
  readonly onBatch?: ((batch: RowBatch) => void) | undefined
  /** Whether it closes the other side. @default false */
  readonly isClosing?: boolean | undefined
}

export class EngineCaller {
  readonly notes: Notes
  readonly #client: RemoteClient
  readonly #stopper: CallStopper | undefined
  readonly #stopped: StoppedCalls | undefined
  /** Comes right before the error whose cause it is, which has lost it on the way. */
  #said: string | undefined

  constructor(client: RemoteClient, notes: Notes, stopper?: CallStopper, lastResort?: LastResort) {
    this.#client = client
    this.notes = notes
    this.#stopper = stopper
    this.#stopped = lastResort && new StoppedCalls(lastResort, () => client.pending)
    notes.on('said', (said: string | undefined) => {
      this.#said = said
    })
  }

  /** @throws StoreError the host's own, with the reason of the signal where it was stopped by that */
  async ask<T>(name: string, argument: object, options: AskOptions = {}): Promise<T> {
    const { signal } = options
    const token = signal && this.#stopper?.token(signal)
    const stop = token === undefined ? undefined : this.#stopper?.shown(token)
    const call = this.begin<T>(name, stop === undefined ? argument : { ...argument, stop }, options)
    const leave = signal && this.follow(call.id, signal, token)
    if (options.isClosing === true) this.#stopped?.closing(call.id)
    try {
      return await call.answer
    } catch (error) {
      const reason = signal?.aborted === true ? abortError(signal, 'query') : options.reason?.()
      throw withReason(error, reason, this.#said)
    } finally {
      leave?.()
      this.#stopper?.settled(token)
      this.#stopped?.settled(call.id)
    }
  }

  /** As {@link ask}, for a call that answers rows. */
  async askRows<T extends ResultAnswer>(
    name: string,
    argument: object,
    options: AskOptions = {},
  ): Promise<T & { readonly rows: unknown[] }> {
    const rows: unknown[] = []
    const unpacker = new RowUnpacker()
    const answer = await this.ask<T>(name, argument, { ...options, onBatch: (batch) => unpacker.unpack(batch, rows) })
    if (answer.last !== undefined) unpacker.unpack(answer.last, rows)
    return { ...answer, rows }
  }

  /** Only sends the call. */
  begin<T>(name: string, argument: object, { ifGone = 'CONNECTION', onBatch }: AskOptions): RemoteCall<T> {
    const call: RemoteCall<T> = this.#client.call<T>(name, argument, {
      gone: (how) => workerGone(how, ifGone),
      onBatch: (batch: RowBatch) => {
        onBatch?.(batch)
        call.more()
      },
    })
    return call
  }

  /** From now on the abort of `signal` is that of call `id`, until the answer is called. */
  follow(id: number, signal: AbortSignal, token?: unknown): () => void {
    return forwardAbort({ id, token, note: 'abort' }, signal, this.notes, this.#stopper, () =>
      this.#stopped?.stopped(id),
    )
  }
}
