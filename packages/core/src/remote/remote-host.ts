/**
 * The side that does the work: runs the handler of each call and answers it.
 *
 * Calls do not wait for each other; what must not overlap is kept in order by the client. It knows nothing of what the
 * handlers do.
 */
import { type StoreError, serializeStoreError } from '../errors/store-error.ts'
import type { Channel } from './channel.ts'
import { BATCHES_AHEAD, type RemoteRequest, type RemoteResponse } from './messages.ts'

/** One call, as its handler sees it. */
export interface HostCall {
  readonly id: number
  /** Whether the client wants no more of it; it must be answered all the same. */
  readonly isCancelled: boolean
  /** Sends a batch, once the client has asked for it. Answers false, sending nothing, when the call is cancelled. */
  send(batch: unknown): Promise<boolean>
}

/** Does what a call asks for; what it throws is the answer too. */
export type RemoteHandler = (argument: any, call: HostCall) => unknown

/** What a host can be asked for. */
export type RemoteHandlers = Readonly<Record<string, RemoteHandler>>

class RunningCall implements HostCall {
  readonly id: number
  isCancelled = false
  readonly #post: (response: RemoteResponse) => void
  #credits = BATCHES_AHEAD
  #onCredit: (() => void) | undefined

  constructor(id: number, post: (response: RemoteResponse) => void) {
    this.id = id
    this.#post = post
  }

  async send(value: unknown): Promise<boolean> {
    while (this.#credits === 0 && !this.isCancelled) {
      await new Promise<void>((resolve) => {
        this.#onCredit = resolve
      })
    }
    if (this.isCancelled) return false
    this.#credits--
    this.#post({ kind: 'batch', id: this.id, value })
    return true
  }

  more(): void {
    this.#credits++
    this.#onCredit?.()
  }

  cancel(): void {
    this.isCancelled = true
    this.#onCredit?.()
  }
}

/** Serves `handlers` over `channel`. `classify` turns what they throw into a StoreError. */
export function serveRemote(
  channel: Channel,
  handlers: RemoteHandlers,
  classify: (error: unknown) => StoreError,
): void {
  const running = new Map<number, RunningCall>()
  const post = (response: RemoteResponse): void => channel.post(response)

  const run = async (name: string, argument: unknown, call: RunningCall): Promise<void> => {
    const { id } = call
    try {
      const handler = handlers[name]
      if (handler === undefined) throw new TypeError(`there is no ${name} here`)
      const value = await handler(argument, call)
      post({ kind: 'answer', id, value })
    } catch (error) {
      post({ kind: 'error', id, error: serializeStoreError(classify(error)) })
    } finally {
      running.delete(id)
    }
  }

  channel.onMessage((message) => {
    const request = message as RemoteRequest
    if (request.kind === 'more') running.get(request.id)?.more()
    else if (request.kind === 'cancel') running.get(request.id)?.cancel()
    else {
      const call = new RunningCall(request.id, post)
      running.set(request.id, call)
      void run(request.name, request.argument, call)
    }
  })
  // Nobody is left to send to; what holds something lets go of it.
  channel.onGone(() => {
    for (const call of running.values()) call.cancel()
  })
}
