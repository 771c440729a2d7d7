/** The sessions of an engine, as calls of the other side use them. One that it no longer has is an error of the caller's. */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { Engine, EngineSession } from '../contract/backend.ts'
import { deserializeStoreError, StoreError } from '../errors/store-error.ts'
import type {
  AbortNote,
  BeginArgument,
  ChunkAnswer,
  PlainQuery,
  SavepointArgument,
  SessionCall,
  SessionExecuteArgument,
  SessionResultAnswer,
  SessionState,
  StreamArgument,
} from './engine-calls.ts'
import { HostContext, HostContexts } from './host-context.ts'
import type { HostCall, RemoteHandlers } from './remote-host.ts'
import { sendRows } from './send-rows.ts'
import type { Notes } from './side-channel.ts'

/** What there is on every handle of a driver. */
interface RawHandle {
  exec(sql: string): void
}

interface OpenStream {
  readonly chunks: AsyncIterableIterator<QueryResult<unknown>>
  readonly context: HostContext
}

export class SessionHost {
  readonly #opened: () => Engine
  readonly #contexts: HostContexts
  readonly #origins: HostContexts
  readonly #sessions = new Map<number, EngineSession>()
  readonly #streams = new Map<number, OpenStream>()

  /** `opened` answers the engine, or throws. */
  constructor(opened: () => Engine, contexts: HostContexts, notes: Notes) {
    this.#opened = opened
    this.#contexts = contexts
    this.#origins = new HostContexts(notes, 'abortSession')
    notes.on('doom', ({ id, reason }: AbortNote) => this.#sessions.get(id)?.doom(deserializeStoreError(reason)))
  }

  readonly handlers: RemoteHandlers = {
    execute: (argument: SessionExecuteArgument, call: HostCall) => this.#execute(argument, call),
    openStream: (argument: StreamArgument, call: HostCall) => this.#openStream(argument, call),
    readStream: (argument: SessionCall & { readonly stream: number }, call: HostCall) =>
      this.#readStream(argument, call),
    endStream: ({ stream }: { readonly stream: number }) => this.#endStream(stream),
    raw: (argument: SessionCall, call: HostCall) => this.#on(argument, call, (one, ctx) => one.raw(ctx)),
    rawExec: (argument: SessionCall & { readonly sql: string }, call: HostCall) =>
      this.#on(argument, call, async (one, ctx) => ((await one.raw(ctx)) as RawHandle).exec(argument.sql)),
    begin: (argument: BeginArgument, call: HostCall) =>
      this.#on(argument, call, (one, ctx) => one.begin(argument.settings, ctx)),
    commit: (argument: SessionCall, call: HostCall) => this.#on(argument, call, (one) => one.commit()),
    rollback: (argument: SessionCall, call: HostCall) => this.#on(argument, call, (one) => one.rollback()),
    savepoint: (argument: SavepointArgument, call: HostCall) =>
      this.#on(argument, call, (one) => one[argument.command](argument.name)),
    release: ({ session }: SessionCall) => this.#release(session),
  }

  /** Runs `work` in the async context of session `scope`, where the engine follows such a thing. */
  inScope<T>(scope: number | undefined, work: () => T): T {
    const session = scope === undefined ? undefined : this.#sessions.get(scope)
    const { asyncContext } = this.#opened()
    return asyncContext === undefined ? work() : asyncContext.run(session, work)
  }

  /** Gives back what the other side has left. */
  async releaseAll(): Promise<void> {
    for (const id of this.#streams.keys()) await this.#endStream(id)
    for (const id of this.#sessions.keys()) await this.#release(id)
  }

  async #execute(argument: SessionExecuteArgument, call: HostCall): Promise<SessionResultAnswer> {
    const query = toCompiled(argument.query)
    let result: QueryResult<unknown> = { rows: [] }
    const state = await this.#on(argument, call, async (session, ctx) => {
      result = await session.execute(query, ctx)
    })
    const { rows, numAffectedRows, insertId } = result
    return { ...state, numAffectedRows, insertId, last: await sendRows(rows, call) }
  }

  async #openStream(argument: StreamArgument, call: HostCall): Promise<SessionState & { readonly stream: number }> {
    const session = await this.#session(argument)
    const context = new HostContext(argument)
    const chunks = session.streamQuery<unknown>(toCompiled(argument.query), argument.chunkSize, context)
    this.#streams.set(call.id, { chunks, context })
    return { stream: call.id, ...this.#state(session) }
  }

  async #readStream(
    argument: SessionCall & { readonly stream: number },
    call: HostCall,
  ): Promise<ChunkAnswer & SessionState> {
    const session = await this.#session(argument)
    const stream = this.#streams.get(argument.stream)
    if (stream === undefined) throw over()
    this.#contexts.adopt(call.id, argument, stream.context)
    try {
      const { value, done = false } = await this.inScope(argument.scope, () => stream.chunks.next())
      const last = done ? undefined : await sendRows((value as QueryResult<unknown>).rows, call)
      return { done, last, ...this.#state(session) }
    } finally {
      this.#contexts.close(call.id)
    }
  }

  async #endStream(id: number): Promise<void> {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    await stream?.chunks.return?.()
  }

  async #on(
    argument: SessionCall,
    call: HostCall,
    work: (session: EngineSession, ctx: HostContext) => Promise<unknown>,
  ): Promise<SessionState> {
    const context = this.#contexts.open(call.id, argument)
    try {
      const known = this.#sessions.get(argument.session)
      const session = known ?? (await this.#session(argument))
      await this.inScope(argument.scope, () => work(session, context))
      return this.#state(session)
    } finally {
      this.#contexts.close(call.id)
    }
  }

  async #session(argument: SessionCall): Promise<EngineSession> {
    const { session: id, acquire, outer } = argument
    const known = this.#sessions.get(id)
    if (known !== undefined) return known
    if (acquire !== true) throw over()
    const origin = this.#origins.open(id, {})
    const acquired = this.inScope(outer, () => this.#opened().acquire({ signal: origin.signal }))
    // Most engines answer at once, and then the calls behind this one find it.
    const session = acquired instanceof Promise ? await acquired : acquired
    this.#sessions.set(id, session)
    return session
  }

  async #release(id: number): Promise<void> {
    const session = this.#sessions.get(id)
    if (session === undefined) return
    await session.release()
    this.#sessions.delete(id)
    this.#origins.close(id)
  }

  #state(session: EngineSession): SessionState {
    const engine = this.#opened()
    const { asyncContext } = engine
    return { holds: asyncContext?.run(session, () => engine.isNestedUse()) === true }
  }
}

/** Only its text and its parameters are looked at. */
export function toCompiled({ sql, parameters }: PlainQuery): CompiledQuery {
  return { sql, parameters } as CompiledQuery
}

function over(): StoreError {
  return new StoreError('CLOSED', 'the connection was given back already', { operation: 'query' })
}
