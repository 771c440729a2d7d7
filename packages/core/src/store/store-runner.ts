/**
 * Runs statements and leases sessions for a store, under its lifecycle.
 *
 * Failures are counted here, statements by the {@link StatementWatch}. A session whose signal aborts is doomed, rolled back
 * and given back at once: what the application's callback still does on it fails, and nobody waits for it.
 */
import type {
  AbortableOperationOptions,
  AbortableQueryOptions,
  CompiledQuery,
  ConnectionProvider,
  DatabaseConnection,
  QueryResult,
} from 'kysely'
import { abortError, assertNotAborted } from '../abort/abort-error.ts'
import type { AsyncContext, Engine, EngineSession, StatementContext } from '../contract/backend.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import type { StatementRunner, StreamObserver } from '../kysely/store-executor.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { StatementWatch } from './statement-watch.ts'
import type { StoreCounters } from './store-counters.ts'

const NO_CONTEXT: StatementContext = {}
/** Of a statement that has not got as far as the engine; a number, so that the hot path has numbers only. */
const NOT_BEGUN = Number.NaN
/** What signals, deadlines and `close()` end things with. */
const ENDED_EARLY: ReadonlySet<string> = new Set(['ABORTED', 'TIMEOUT', 'CLOSED'])

/** What is done with a leased session. */
export type LeasedWork<T> = (session: EngineSession, pointOfNoReturn: () => void) => Promise<T>

export class StoreRunner implements StatementRunner {
  readonly #engine: Engine
  readonly #lifecycle: Lifecycle
  readonly counters: StoreCounters
  readonly #watch: StatementWatch
  readonly #context: StatementContext

  constructor(engine: Engine, lifecycle: Lifecycle, counters: StoreCounters, watch: StatementWatch) {
    this.#engine = engine
    this.#lifecycle = lifecycle
    this.counters = counters
    this.#watch = watch
    this.#context = { signal: lifecycle.signal }
  }

  get asyncContext(): AsyncContext | undefined {
    return this.#engine.asyncContext
  }

  execute(query: CompiledQuery, options: AbortableQueryOptions | undefined): Promise<QueryResult<unknown>> {
    let startedMs = NOT_BEGUN
    try {
      if (this.#lifecycle.status !== 'open') this.#lifecycle.assertOpen('query')
      const ctx = options === undefined ? this.#context : this.#contextOf(options)
      startedMs = this.#watch.begin()
      const answer = this.#engine.execute(query, ctx)
      if (!(answer instanceof Promise)) return this.#watch.answered(query, startedMs, answer)
      return this.#later(query, startedMs, this.#lifecycle.track(answer))
    } catch (error) {
      return Promise.reject(this.#statementFailed(query, startedMs, error))
    }
  }

  observeStream(query: CompiledQuery): StreamObserver {
    try {
      this.#lifecycle.assertOpen('stream')
    } catch (error) {
      throw this.counted(error)
    }
    const startedMs = this.#watch.begin()
    let isAnswered = false
    const end = (failed: boolean): void => {
      if (!isAnswered) this.#watch.end(query, startedMs, failed)
      isAnswered = true
    }
    return {
      answered: () => end(false),
      failed: (error) => {
        end(true)
        return this.failed(error, 'stream')
      },
    }
  }

  provideConnection<T>(
    consumer: (connection: DatabaseConnection) => Promise<T>,
    options?: AbortableOperationOptions,
  ): Promise<T> {
    return this.lease('connection', options?.signal, (session) => consumer(session))
  }

  /**
   * Leases a session for `work`, which runs in the session's async context. What `work` throws passes as it is. From
   * `pointOfNoReturn()` on no abort is told any more: how things end is then what `work` says.
   */
  lease<T>(operation: string, signal: AbortSignal | undefined, work: LeasedWork<T>): Promise<T> {
    return this.#lease(operation, signal, work, true)
  }

  /** As {@link lease}, for a part of an operation that is counted as under way and whose signal hears of the shutdown. */
  leasePart<T>(operation: string, signal: AbortSignal, work: LeasedWork<T>): Promise<T> {
    return this.#lease(operation, signal, work, false)
  }

  async #lease<T>(
    operation: string,
    signal: AbortSignal | undefined,
    work: LeasedWork<T>,
    isCounted: boolean,
  ): Promise<T> {
    let stop: (() => void) | undefined
    let leave: (() => void) | undefined
    let isPast = false
    const pointOfNoReturn = (): void => {
      isPast = true
    }
    try {
      this.#lifecycle.assertOpen(operation)
      if (isCounted) leave = this.#lifecycle.enter(() => stop?.())
      const session = await this.#acquire(operation, signal)
      try {
        return await new Promise<T>((resolve, reject) => {
          stop = () => {
            if (isPast) return
            const reason = abortError(signal?.aborted === true ? signal : this.#lifecycle.signal, operation)
            if (session.doom(reason)) reject(reason)
          }
          signal?.addEventListener('abort', stop, { once: true })
          this.#inContext(session, () => work(session, pointOfNoReturn)).then(resolve, reject)
        })
      } finally {
        if (stop !== undefined) signal?.removeEventListener('abort', stop)
        await session.release()
      }
    } catch (error) {
      throw this.counted(error)
    } finally {
      leave?.()
    }
  }

  #inContext<T>(session: EngineSession, work: () => Promise<T>): Promise<T> {
    const { asyncContext } = this.#engine
    return asyncContext === undefined ? work() : asyncContext.run(session, work)
  }

  #acquire(operation: string, signal: AbortSignal | undefined): EngineSession | Promise<EngineSession> {
    try {
      assertNotAborted(signal, operation)
      return this.#engine.acquire({ signal })
    } catch (error) {
      throw this.failed(error, operation)
    }
  }

  /** A statement on a session of ours. */
  onSession(
    provider: { readonly session: EngineSession },
    query: CompiledQuery,
    options: AbortableQueryOptions | undefined,
  ): Promise<QueryResult<unknown>> {
    let startedMs = NOT_BEGUN
    try {
      if (options !== undefined) this.#assertStrategy(options)
      const { session } = provider
      startedMs = this.#watch.begin()
      const answer = session.execute(query, options ?? NO_CONTEXT)
      if (!(answer instanceof Promise)) return this.#watch.answered(query, startedMs, answer)
      return this.#later(query, startedMs, answer)
    } catch (error) {
      return Promise.reject(this.#statementFailed(query, startedMs, error))
    }
  }

  /** A statement that could not be answered at once. */
  async #later(
    query: CompiledQuery,
    startedMs: number,
    answer: Promise<QueryResult<unknown>>,
  ): Promise<QueryResult<unknown>> {
    try {
      const result = await answer
      this.#watch.end(query, startedMs, false)
      return result
    } catch (error) {
      throw this.#statementFailed(query, startedMs, error)
    }
  }

  #statementFailed(query: CompiledQuery, startedMs: number, error: unknown): StoreError {
    if (!Number.isNaN(startedMs)) this.#watch.end(query, startedMs, true)
    return this.failed(error, 'query')
  }

  /** Counts an error of ours, once; what the application has thrown by itself passes. */
  counted(error: unknown): unknown {
    if (isStoreError(error)) this.counters.countError(error)
    return error
  }

  /** Counts the error, once, and wraps what an engine should not have thrown. */
  failed(error: unknown, operation: string): StoreError {
    const failure = asStoreError(error, operation)
    this.counters.countError(failure)
    return failure
  }

  /** As {@link failed}, for a step of a transaction. What has ended early is counted by the lease that ended it. */
  stepFailed(error: unknown, operation: string): StoreError {
    const failure = asStoreError(error, operation)
    if (!ENDED_EARLY.has(failure.code)) this.counters.countError(failure)
    return failure
  }

  #contextOf(options: AbortableQueryOptions): StatementContext {
    this.#assertStrategy(options)
    if (options.signal === undefined) return this.#context
    assertNotAborted(options.signal, 'query')
    return { signal: this.#joined(options.signal) }
  }

  #joined(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#lifecycle.signal : AbortSignal.any([signal, this.#lifecycle.signal])
  }

  #assertStrategy(options: AbortableQueryOptions): void {
    const strategy = options.inflightQueryAbortStrategy
    if (strategy !== undefined && strategy !== 'ignore query' && this.#engine.capabilities.cancellation === false) {
      throw new StoreError('UNSUPPORTED', `'${strategy}' needs a backend that can stop a running statement`, {
        operation: 'query',
      })
    }
  }
}

function asStoreError(error: unknown, operation: string): StoreError {
  return isStoreError(error) ? error : new StoreError('UNKNOWN', `${operation} failed`, { operation, cause: error })
}

/**
 * A session as it is, for as long as its owner says: it keeps its own order, so nothing has to queue for it.
 *
 * A statement that comes after the COMMIT or the ROLLBACK was called must not run outside the transaction.
 */
export class SessionProvider implements ConnectionProvider {
  readonly #session: EngineSession
  #isOver = false

  constructor(session: EngineSession) {
    this.#session = session
  }

  /** @throws CLOSED */
  get session(): EngineSession {
    if (this.#isOver) throw new StoreError('CLOSED', 'the transaction or connection is over', { operation: 'query' })
    return this.#session
  }

  end(): void {
    this.#isOver = true
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(this.session)
  }
}

/**
 * Statements on a session that a provider holds: ours, or Kysely's inside its own builders.
 *
 * Kysely's lets one at a time have the connection, and a stream for as long as it is read: a statement in the loop over
 * a stream would wait for ever. So the session is only asked for, and used outside.
 */
export class SessionRunner implements StatementRunner {
  readonly #runner: StoreRunner
  readonly #provider: ConnectionProvider

  constructor(runner: StoreRunner, provider: ConnectionProvider) {
    this.#runner = runner
    this.#provider = provider
  }

  execute(query: CompiledQuery, options: AbortableQueryOptions | undefined): Promise<QueryResult<unknown>> {
    if (this.#provider instanceof SessionProvider) return this.#runner.onSession(this.#provider, query, options)
    return this.#session().then((session) => this.#runner.onSession({ session }, query, options))
  }

  observeStream(query: CompiledQuery): StreamObserver {
    return this.#runner.observeStream(query)
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    return consumer(await this.#session())
  }

  #session(): Promise<EngineSession> {
    return this.#provider.provideConnection(async (connection) => connection as EngineSession)
  }
}
