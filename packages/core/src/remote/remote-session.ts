/**
 * A leased session of an engine on the other side. It begins there with its first call, so that one that does nothing
 * costs nothing.
 *
 * Which statement may run, and in what order, is decided there: calls arrive as they were made. Here is only what must be
 * answered at once: whether a transaction is open, and whether it can still be doomed.
 */
import type { AbortableOperationOptions, CompiledQuery, QueryResult, TransactionSettings } from 'kysely'
import { abortError, assertNotAborted } from '../abort/abort-error.ts'
import type { AmbientScope, EngineSession, StatementContext } from '../contract/backend.ts'
import { isStoreError, StoreError, serializeStoreError } from '../errors/store-error.ts'
import { markTransactionOver } from '../kysely/kysely-internals.ts'
import { forwardAbort } from './call-signals.ts'
import type { AskOptions, EngineCaller } from './engine-caller.ts'
import type { AbortNote, ChunkAnswer, SavepointArgument, SessionResultAnswer, SessionState } from './engine-calls.ts'
import { toResult } from './remote-result.ts'

/** What a session needs of its engine. */
export interface RemoteSessionParts {
  readonly id: number
  readonly caller: EngineCaller
  /** What the engine may bind. @throws INVALID_ARGUMENT */
  readonly bind: (parameters: readonly unknown[]) => readonly unknown[]
  readonly outer: AmbientScope | undefined
  /** The session in whose async context the running code is; while it is acquired, the one around it. */
  readonly scope: () => number | undefined
  /** Ends what the session waits for. */
  readonly signal: AbortSignal | undefined
}

/** What stands for the driver's own handle, which cannot leave its thread. */
export interface RemoteHandle {
  /** Runs statements without parameters, each to its end, past everything that the store does for statements. */
  exec(sql: string): Promise<void>
}

export class RemoteSession implements EngineSession {
  readonly id: number
  readonly outer: AmbientScope | undefined
  /** Whether it holds what a write would wait for; as of the last answer. */
  holds = false
  inTransaction = false
  readonly #parts: RemoteSessionParts
  readonly #caller: EngineCaller
  readonly #outerId: number | undefined
  /** Why the transaction is lost, as the other side cannot know it. */
  #doomed: StoreError | undefined
  #underWay = 0
  #leaveSignal: (() => void) | undefined
  #isAcquired = false
  #isEnding = false
  #isCommitting = false
  #isReleased = false

  constructor(parts: RemoteSessionParts) {
    this.id = parts.id
    this.outer = parts.outer
    this.#parts = parts
    this.#outerId = parts.scope()
    this.#caller = parts.caller
  }

  async execute({ sql, parameters }: CompiledQuery, ctx: StatementContext): Promise<QueryResult<unknown>> {
    if (this.#isEnding) throw over()
    this.#assertNotAborted(ctx.signal)
    const query = { sql, parameters: this.#parts.bind(parameters) }
    const ifGone = this.inTransaction ? 'CONNECTION' : 'OUTCOME_UNKNOWN'
    const argument = { ...this.#argument(ctx), query }
    return toResult(
      await this.#tracked(this.#caller.askRows<SessionResultAnswer>('execute', argument, this.#options(ctx, ifGone))),
    )
  }

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    return (await this.execute(query, { signal: options?.signal })) as QueryResult<R>
  }

  async *streamQuery<R>(
    { sql, parameters }: CompiledQuery,
    chunkSize: number,
    ctx: StatementContext = {},
  ): AsyncGenerator<QueryResult<R>> {
    this.#assertNotAborted(ctx.signal)
    const query = { sql, parameters: this.#parts.bind(parameters) }
    const options = this.#options(ctx)
    const { stream } = await this.#tracked(
      this.#caller.ask<SessionState & { readonly stream: number }>(
        'openStream',
        { ...this.#argument(ctx), query, chunkSize },
        options,
      ),
    )
    try {
      for (;;) {
        this.#assertNotAborted(ctx.signal)
        const next = this.#caller.askRows<ChunkAnswer & SessionState>(
          'readStream',
          { ...this.#argument(ctx), stream },
          options,
        )
        const { rows, done } = await this.#tracked(next)
        if (rows.length > 0) yield { rows: rows as R[] }
        if (done) return
      }
    } finally {
      await this.#caller.ask('endStream', { stream }).catch(() => undefined)
    }
  }

  /** The handle stays with the engine: what is answered hands statements to it. */
  async raw(ctx: StatementContext): Promise<RemoteHandle> {
    this.#assertNotAborted(ctx.signal)
    await this.#tracked(this.#caller.ask<SessionState>('raw', this.#argument(ctx), this.#options(ctx)))
    return Object.freeze({
      exec: async (sql: string) => {
        const argument = { ...this.#argument({}), sql }
        await this.#tracked(this.#caller.ask<SessionState>('rawExec', argument, this.#options({})))
      },
    })
  }

  async begin(settings: TransactionSettings, ctx: StatementContext): Promise<void> {
    this.#assertNotAborted(ctx.signal)
    await this.#tracked(
      this.#caller.ask<SessionState>('begin', { ...this.#argument(ctx), settings }, this.#options(ctx)),
    )
    this.inTransaction = true
  }

  async commit(): Promise<void> {
    const options = this.#options({}, 'OUTCOME_UNKNOWN')
    this.#isCommitting = this.#doomed === undefined
    try {
      await this.#ending('commit', options)
    } catch (error) {
      throw markTransactionOver(error as StoreError)
    } finally {
      this.#isCommitting = false
      this.#doomed = undefined
    }
  }

  async rollback(): Promise<void> {
    await this.#ending('rollback', this.#options({})).finally(() => {
      this.#doomed = undefined
    })
  }

  savepoint(name: string): Promise<void> {
    return this.#savepoint('savepoint', name)
  }

  rollbackToSavepoint(name: string): Promise<void> {
    return this.#savepoint('rollbackToSavepoint', name)
  }

  releaseSavepoint(name: string): Promise<void> {
    return this.#savepoint('releaseSavepoint', name)
  }

  doom(reason: StoreError): boolean {
    if (this.#isCommitting) return false
    this.#doomed ??= reason
    if (this.#isAcquired && !this.#isReleased) {
      this.#caller.notes.send('doom', { id: this.id, reason: serializeStoreError(reason) } satisfies AbortNote)
    }
    return true
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    const isIdle = this.#underWay === 0 && !this.inTransaction
    this.#isReleased = true
    this.holds = false
    this.inTransaction = false
    this.#leaveSignal?.()
    if (!this.#isAcquired) return
    // Of a host that is gone nothing is left to give back.
    const released = this.#caller.ask('release', { session: this.id }).catch(() => undefined)
    // What comes next arrives after it, so there is nothing to wait for unless something has to end.
    if (!isIdle) await released
  }

  async #ending(name: 'commit' | 'rollback', options: AskOptions): Promise<void> {
    this.#isEnding = true
    try {
      await this.#tracked(this.#caller.ask<SessionState>(name, this.#argument({}), options))
    } finally {
      this.#isEnding = false
      this.inTransaction = false
    }
  }

  async #savepoint(command: SavepointArgument['command'], name: string): Promise<void> {
    const argument = { ...this.#argument({}), command, name }
    await this.#tracked(this.#caller.ask<SessionState>('savepoint', argument, this.#options({})))
  }

  /** What every call has; the first one acquires the session. */
  #argument({ timeoutMs }: StatementContext): object {
    if (this.#isReleased) throw over()
    const acquire = !this.#isAcquired
    this.#isAcquired = true
    if (acquire) this.#followSignal()
    return { session: this.id, acquire, outer: this.#outerId, timeoutMs, scope: this.#parts.scope() }
  }

  /** After the call that acquires it: a note about a session that is not there yet would be lost. */
  #followSignal(): void {
    const { signal } = this.#parts
    if (signal === undefined) return
    const note = { id: this.id, token: undefined, note: 'abortSession' } as const
    void Promise.resolve().then(() => {
      if (!this.#isReleased) this.#leaveSignal = forwardAbort(note, signal, this.#caller.notes, undefined)
    })
  }

  #options({ signal }: StatementContext, ifGone?: AskOptions['ifGone']): AskOptions {
    const own = this.#parts.signal
    const reason = (): StoreError | undefined =>
      this.#doomed ?? (own?.aborted === true ? abortError(own, 'query') : undefined)
    return { signal, reason, ifGone }
  }

  /** Keeps what the answer says of the session; a statement that was stopped has cost its transaction. */
  async #tracked<T extends SessionState>(answer: Promise<T>): Promise<T> {
    this.#underWay++
    try {
      const state = await answer
      if (!this.#isReleased) this.holds = state.holds
      return state
    } catch (error) {
      if (isStopped(error) && this.inTransaction && isStoreError(error)) this.#doomed ??= error
      throw error
    } finally {
      this.#underWay--
    }
  }

  /** As over there: a statement that does not begin because of its signal dooms its transaction. */
  #assertNotAborted(signal: AbortSignal | undefined): void {
    if (this.#isReleased) throw over()
    if (this.#doomed !== undefined) return
    try {
      assertNotAborted(signal, 'query')
      assertNotAborted(this.#parts.signal, 'query')
    } catch (error) {
      if (this.inTransaction) this.doom(error as StoreError)
      throw error
    }
  }
}

function isStopped(error: unknown): boolean {
  return isStoreError(error) && (error.code === 'ABORTED' || error.code === 'TIMEOUT')
}

function over(): StoreError {
  return new StoreError('CLOSED', 'the connection was given back already', { operation: 'query' })
}
