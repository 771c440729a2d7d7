/** What a call runs under on the host: its signal is made when somebody asks for it, and aborted by a note. */
import type { StatementContext } from '../contract/backend.ts'
import { deserializeStoreError, type SerializedStoreError } from '../errors/store-error.ts'
import type { AbortNote, CallContext } from './engine-calls.ts'
import type { Notes } from './side-channel.ts'

export class HostContext implements StatementContext {
  /** Of the call, by which the other side names it when it stops it. */
  id = 0
  /** See `CallContext.stop`. */
  stop: unknown
  readonly timeoutMs: number | undefined
  #controller: AbortController | undefined

  constructor({ timeoutMs }: CallContext) {
    this.timeoutMs = timeoutMs
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(reason: SerializedStoreError): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(deserializeStoreError(reason))
  }
}

/** Those that are in use, by id. */
export class HostContexts {
  readonly #contexts = new Map<number, HostContext>()

  constructor(notes: Notes, note: 'abort' | 'abortSession') {
    notes.on(note, ({ id, reason }: AbortNote) => this.#contexts.get(id)?.abort(reason))
  }

  /** A new one, for call `id` or session `id`. */
  open(id: number, argument: CallContext): HostContext {
    const context = new HostContext(argument)
    this.adopt(id, argument, context)
    return context
  }

  /** From here on `context` is that of call `id`: what lasts longer than a call has that of one after the other. */
  adopt(id: number, { stop }: CallContext, context: HostContext): void {
    context.id = id
    context.stop = stop
    this.#contexts.set(id, context)
  }

  close(id: number): void {
    this.#contexts.delete(id)
  }
}
