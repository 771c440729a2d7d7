/**
 * Runs statements and leases sessions for a store, under its lifecycle.
 *
 * Failures are counted here, statements by the {@link StatementWatch}. How a lease goes is in lease-session.ts.
 */
import type {
  AbortableOperationOptions,
  AbortableQueryOptions,
  CompiledQuery,
  DatabaseConnection,
  QueryResult,
} from 'kysely'
import { assertNotAborted } from '../abort/abort-error.ts'
import type { AsyncContext, Engine, EngineSession, StatementContext } from '../contract/backend.ts'
import type { Clock } from '../contract/clock.ts'
import type { TransactionContext } from '../contract/transaction.ts'
import { asStoreError } from '../errors/as-store-error.ts'
import { isStoreError, StoreError } from '../errors/store-error.ts'
import type { StatementRunner, StreamObserver } from '../kysely/store-executor.ts'
import { type LeasedWork, type LeaseParts, type LeaseRequest, leaseSession } from './lease-session.ts'
import type { Lifecycle } from './lifecycle.ts'
import { type StatementLimit, StatementScope } from './statement-scope.ts'
import type { StatementWatch } from './statement-watch.ts'
import type { StoreCounters } from './store-counters.ts'

/** Of a statement that has not got as far as the engine; a number, so that the hot path has numbers only. */
const NOT_BEGUN = Number.NaN
/** What signals, deadlines and `close()` end things with. */
const ENDED_EARLY: ReadonlySet<string> = new Set(['ABORTED', 'TIMEOUT', 'CLOSED'])

/** What the runners of one store share. */
export interface RunnerParts extends LeaseParts {
  readonly counters: StoreCounters
  readonly watch: StatementWatch
  readonly clock: Clock
}

export class StoreRunner implements StatementRunner {
  readonly counters: StoreCounters
  readonly #parts: RunnerParts
  readonly #engine: Engine
  readonly #lifecycle: Lifecycle
  readonly #watch: StatementWatch
  readonly #limit: StatementLimit | undefined
  /** What statements without a signal run under, on the store and on a session, unless a deadline begins with the call. */
  readonly #context: StatementContext
  readonly #sessionContext: StatementContext

  /** `limit` is for each statement. */
  constructor(parts: RunnerParts, limit: StatementLimit | undefined) {
    this.#parts = parts
    this.#engine = parts.engine
    this.#lifecycle = parts.lifecycle
    this.counters = parts.counters
    this.#watch = parts.watch
    this.#limit = limit
    this.#context = { signal: parts.lifecycle.signal, timeoutMs: limit?.timeoutMs }
    this.#sessionContext = { timeoutMs: limit?.timeoutMs }
  }

  /** The same, with another limit for each statement. */
  withLimit(limit: StatementLimit | undefined): StoreRunner {
    return new StoreRunner(this.#parts, limit)
  }

  get timeoutMs(): number | undefined {
    return this.#limit?.timeoutMs
  }

  get asyncContext(): AsyncContext | undefined {
    return this.#engine.asyncContext
  }

  execute(query: CompiledQuery, options: AbortableQueryOptions | undefined): Promise<QueryResult<unknown>> {
    let startedMs = NOT_BEGUN
    try {
      if (this.#lifecycle.status !== 'open') this.#lifecycle.assertOpen('query')
      const signal = options === undefined ? undefined : this.#signalOf(options)
      startedMs = this.#watch.begin()
      const answer = this.#needsScope(signal)
        ? this.#inScope(signal, this.#lifecycle.signal, (scope) => this.#engine.execute(query, scope))
        : this.#engine.execute(query, this.#context)
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
  lease<T>(
    operation: string,
    signal: AbortSignal | undefined,
    work: LeasedWork<T>,
    executor: LeaseRequest<T>['executor'] = 'inline',
  ): Promise<T> {
    return this.#lease({ operation, signal, work, isPart: false, executor })
  }

  /**
   * As {@link lease}, for a part of an operation that is counted as under way, whose signal hears of the shutdown and
   * whose failure is counted as a whole.
   */
  leasePart<T>(operation: string, signal: AbortSignal, work: LeasedWork<T>): Promise<T> {
    return this.#lease({ operation, signal, work, isPart: true, executor: 'inline' })
  }

  async #lease<T>(request: LeaseRequest<T>): Promise<T> {
    try {
      return await leaseSession(this.#parts, request)
    } catch (error) {
      throw request.isPart ? error : this.counted(error)
    }
  }

  /** A statement on a session of ours. */
  onSession(
    provider: { readonly session: EngineSession },
    query: CompiledQuery,
    options: AbortableQueryOptions | undefined,
  ): Promise<QueryResult<unknown>> {
    let startedMs = NOT_BEGUN
    let session: EngineSession | undefined
    try {
      if (options !== undefined) this.#assertStrategy(options)
      const own = provider.session
      session = own
      startedMs = this.#watch.begin()
      const signal = options?.signal
      const answer = this.#needsScope(signal)
        ? this.#inScope(signal, undefined, (scope) => own.execute(query, scope))
        : own.execute(query, this.#sessionContext)
      if (!(answer instanceof Promise)) return this.#watch.answered(query, startedMs, answer)
      return this.#later(query, startedMs, answer, session)
    } catch (error) {
      return Promise.reject(this.#statementFailed(query, startedMs, error, session))
    }
  }

  /** A statement that could not be answered at once. */
  async #later(
    query: CompiledQuery,
    startedMs: number,
    answer: Promise<QueryResult<unknown>>,
    session?: EngineSession,
  ): Promise<QueryResult<unknown>> {
    try {
      const result = await answer
      this.#watch.end(query, startedMs, false)
      return result
    } catch (error) {
      throw this.#statementFailed(query, startedMs, error, session)
    }
  }

  /** On a session that was ended early, its statements only tell that again. */
  #statementFailed(query: CompiledQuery, startedMs: number, error: unknown, session?: EngineSession): StoreError {
    if (!Number.isNaN(startedMs)) this.#watch.end(query, startedMs, true)
    const isEnded = session !== undefined && this.#parts.ended.has(session)
    return isEnded ? this.stepFailed(error, 'query') : this.failed(error, 'query')
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

  /** Whether there is more to a statement than what all of them run under. */
  #needsScope(signal: AbortSignal | undefined): boolean {
    return signal !== undefined || this.#limit?.includesWaiting === true
  }

  /** A caller's signal may live for long, and must not remember each of its statements. */
  #inScope(
    signal: AbortSignal | undefined,
    shutdown: AbortSignal | undefined,
    execute: (scope: StatementContext) => QueryResult<unknown> | Promise<QueryResult<unknown>>,
  ): QueryResult<unknown> | Promise<QueryResult<unknown>> {
    const present = [signal, shutdown].filter((one) => one !== undefined)
    const scope = new StatementScope(this.#parts.clock, this.#limit, present, signal !== undefined)
    let later: Promise<QueryResult<unknown>> | undefined
    try {
      const answer = execute(scope)
      if (!(answer instanceof Promise)) return answer
      later = answer.finally(() => scope[Symbol.dispose]())
      return later
    } finally {
      if (later === undefined) scope[Symbol.dispose]()
    }
  }

  #signalOf(options: AbortableQueryOptions): AbortSignal | undefined {
    this.#assertStrategy(options)
    assertNotAborted(options.signal, 'query')
    return options.signal
  }

  /** By their signals. */
  get #stopsStatements(): boolean {
    const { cancellation } = this.#engine.capabilities
    return cancellation !== false && cancellation !== 'deadline'
  }

  /** Where a transaction runs that was asked for with `ctx`. @throws UNSUPPORTED */
  executorOf({ executor, signal }: TransactionContext): LeaseRequest<unknown>['executor'] {
    const { workers } = this.#engine.capabilities
    if (executor === 'worker' && !workers) {
      throw new StoreError('UNSUPPORTED', "executor: 'worker' needs a backend with workers", {
        operation: 'transaction',
      })
    }
    return executor ?? (signal !== undefined && workers ? 'worker' : 'inline')
  }

  #assertStrategy(options: AbortableQueryOptions): void {
    const strategy = options.inflightQueryAbortStrategy
    if (strategy !== undefined && strategy !== 'ignore query' && !this.#stopsStatements) {
      throw new StoreError('UNSUPPORTED', `'${strategy}' needs a backend that can stop a running statement`, {
        operation: 'query',
      })
    }
  }
}
