/**
 * The side that asks: sends calls, and settles each with its answer, or with the end of the other side.
 *
 * A call is settled by the host alone, also when it was cancelled: who has its answer knows that the other side has
 * done with it.
 */
import { deserializeStoreError, type StoreError } from '../errors/store-error.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'
import type { Channel } from './channel.ts'
import type { RemoteRequest, RemoteResponse } from './messages.ts'

/** A call that was sent. */
export interface RemoteCall<T> {
  readonly id: number
  /** @throws StoreError the host's own, or what {@link RemoteCallOptions.gone} makes of its end */
  readonly answer: Promise<T>
  /** Asks for one more batch; to be called for each one that was taken. */
  more(): void
  /** No more batches are wanted. */
  cancel(): void
}

/** How a call is made. */
export interface RemoteCallOptions {
  /** Called for each batch. */
  readonly onBatch?: ((batch: any) => void) | undefined
  /** What it means that the host went before it had answered. */
  readonly gone: (how: string) => StoreError
}

interface Pending extends RemoteCallOptions {
  readonly resolve: (value: any) => void
  readonly reject: (error: StoreError) => void
}

/** Ids are kept where their negative fits into 32 bits too: see stop-word.ts. */
const MAX_ID = 2 ** 30

export class RemoteClient {
  readonly #channel: Channel
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #gone: string | undefined

  constructor(channel: Channel) {
    this.#channel = channel
    channel.onMessage((message) => this.#receive(message as RemoteResponse))
    channel.onGone((how) => this.#end(how))
  }

  /** How the other side went; `undefined` while it is there. */
  get gone(): string | undefined {
    return this.#gone
  }

  /** Calls without an answer, by id. */
  get pending(): Iterable<number> {
    return this.#pending.keys()
  }

  call<T>(name: string, argument: unknown, options: RemoteCallOptions): RemoteCall<T> {
    this.#lastId = (this.#lastId % MAX_ID) + 1
    const id = this.#lastId
    const answer = new Promise<T>((resolve, reject) => {
      if (this.#gone !== undefined) {
        reject(options.gone(this.#gone))
        return
      }
      this.#pending.set(id, { ...options, resolve, reject })
      if (this.#pending.size === 1) this.#channel.keepAlive?.(true)
      this.#post({ kind: 'call', id, name, argument })
    })
    return {
      id,
      answer,
      // What comes while messages are handed over is handed over in the same turn: the next one is asked for after it.
      more: () => void yieldToLoop().then(() => this.#post({ kind: 'more', id })),
      cancel: () => this.#post({ kind: 'cancel', id }),
    }
  }

  #post(request: RemoteRequest): void {
    if (this.#gone === undefined) this.#channel.post(request)
  }

  #receive(response: RemoteResponse): void {
    const pending = this.#pending.get(response.id)
    if (pending === undefined) return
    if (response.kind === 'batch') {
      pending.onBatch?.(response.value)
      return
    }
    this.#settled(response.id)
    if (response.kind === 'answer') pending.resolve(response.value)
    else pending.reject(deserializeStoreError(response.error))
  }

  #settled(id: number): void {
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#channel.keepAlive?.(false)
  }

  #end(how: string): void {
    this.#gone ??= how
    for (const [id, { reject, gone }] of [...this.#pending]) {
      this.#settled(id)
      reject(gone(how))
    }
  }
}
