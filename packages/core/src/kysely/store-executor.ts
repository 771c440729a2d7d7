/**
 * The Store's own Kysely executor.
 *
 * Kysely's races the signal against the statement: the caller is told while the engine still works. This one settles
 * when the engine has: with the result if the statement had completed, else with the error that stopped it. It prints
 * nothing. A statement that the engine answers at once costs one promise and no bookkeeping.
 */
import type {
  AbortableOperationOptions,
  AbortableQueryOptions,
  CompiledQuery,
  ConnectionProvider,
  DatabaseConnection,
  DialectAdapter,
  KyselyPlugin,
  QueryCompiler,
  QueryExecutor,
  QueryId,
  QueryResult,
  RootOperationNode,
} from 'kysely'
import type { StatementContext } from '../contract/backend.ts'
import type { QueryLog } from './query-log.ts'
import { asStreamChunk } from './stream-chunk.ts'

/** Hears how a stream goes. */
export interface StreamObserver {
  /** It has rows, or has none; after the first time this says nothing new. */
  answered(): void
  /** It has failed; what this answers is thrown. */
  failed(error: unknown): unknown
}

/** Where statements go: the store itself, or one session of it. */
export interface StatementRunner extends ConnectionProvider {
  /** In milliseconds: how long each chunk of a stream may take. */
  readonly timeoutMs?: number | undefined
  execute(query: CompiledQuery, options: AbortableQueryOptions | undefined): Promise<QueryResult<unknown>>
  /** A stream of `query` is to begin. */
  observeStream(query: CompiledQuery): StreamObserver
}

/** What all executors of one store share. */
export interface ExecutorShared {
  readonly compiler: QueryCompiler
  readonly adapter: DialectAdapter
  readonly log: QueryLog | undefined
  /** Turns a foreign connection provider (Kysely's own, inside its builders) into a runner. */
  bind(provider: ConnectionProvider): StatementRunner
}

export class StoreExecutor implements QueryExecutor {
  readonly #shared: ExecutorShared
  readonly #runner: StatementRunner
  readonly #plugins: readonly KyselyPlugin[]

  constructor(shared: ExecutorShared, runner: StatementRunner, plugins: readonly KyselyPlugin[]) {
    this.#shared = shared
    this.#runner = runner
    this.#plugins = plugins
  }

  get adapter(): DialectAdapter {
    return this.#shared.adapter
  }

  get plugins(): readonly KyselyPlugin[] {
    return this.#plugins
  }

  transformQuery<T extends RootOperationNode>(node: T, queryId: QueryId): T {
    let transformed = node
    for (const plugin of this.#plugins) {
      const next = plugin.transformQuery({ node: transformed, queryId })
      if (next.kind !== transformed.kind) {
        throw new TypeError(`a plugin's transformQuery turned a ${transformed.kind} into a ${next.kind}`)
      }
      transformed = next as T
    }
    return transformed
  }

  compileQuery<R>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    return this.#shared.compiler.compileQuery(node, queryId) as CompiledQuery<R>
  }

  provideConnection<T>(
    consumer: (connection: DatabaseConnection) => Promise<T>,
    options?: AbortableOperationOptions,
  ): Promise<T> {
    return this.#runner.provideConnection(consumer, options)
  }

  executeQuery<R>(query: CompiledQuery<R>, options?: AbortableQueryOptions): Promise<QueryResult<R>> {
    const log = this.#shared.log
    const running =
      log === undefined
        ? this.#runner.execute(query, options)
        : log.execute(query, () => this.#runner.execute(query, options))
    const result = running as Promise<QueryResult<R>>
    return this.#plugins.length === 0 ? result : this.#transformed(result, query.queryId, options?.signal)
  }

  async *stream<R>(
    query: CompiledQuery<R>,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<R>> {
    const log = this.#shared.log
    const chunks = streamRunner(this.#runner, query, chunkSize, options)
    for await (const chunk of log === undefined ? chunks : log.stream(query, chunks)) {
      const result = await this.#transformResult(chunk as QueryResult<R>, query.queryId, options?.signal)
      yield { ...result, rows: asStreamChunk(result.rows) }
    }
  }

  withConnectionProvider(provider: ConnectionProvider): StoreExecutor {
    return new StoreExecutor(this.#shared, this.#shared.bind(provider), this.#plugins)
  }

  withPlugin(plugin: KyselyPlugin): StoreExecutor {
    return this.withPlugins([plugin])
  }

  withPlugins(plugins: readonly KyselyPlugin[]): StoreExecutor {
    return new StoreExecutor(this.#shared, this.#runner, [...this.#plugins, ...plugins])
  }

  withPluginAtFront(plugin: KyselyPlugin): StoreExecutor {
    return new StoreExecutor(this.#shared, this.#runner, [plugin, ...this.#plugins])
  }

  withoutPlugins(): StoreExecutor {
    return new StoreExecutor(this.#shared, this.#runner, [])
  }

  async #transformed<R>(
    running: Promise<QueryResult<R>>,
    queryId: QueryId,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult<R>> {
    return this.#transformResult(await running, queryId, signal)
  }

  async #transformResult<R>(
    result: QueryResult<R>,
    queryId: QueryId,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult<R>> {
    let transformed: QueryResult<any> = result
    for (const plugin of this.#plugins) {
      transformed = await plugin.transformResult({ queryId, result: transformed, ...(signal && { signal }) })
    }
    return transformed
  }
}

/** Pulls chunks through a leased connection; leaving the loop early gives it back. */
async function* streamRunner(
  runner: StatementRunner,
  query: CompiledQuery,
  chunkSize: number,
  options: AbortableOperationOptions | undefined,
): AsyncGenerator<QueryResult<unknown>> {
  const observer = runner.observeStream(query)
  try {
    const lease = await leaseConnection(runner, options)
    try {
      const ctx: StatementContext = { signal: options?.signal, timeoutMs: runner.timeoutMs }
      for await (const chunk of lease.connection.streamQuery(query, chunkSize, ctx as AbortableOperationOptions)) {
        observer.answered()
        yield chunk
      }
      observer.answered()
    } finally {
      await lease.release()
    }
  } catch (error) {
    throw observer.failed(error)
  }
}

/** Holds a connection open beyond a callback: generators cannot live inside one. */
async function leaseConnection(
  runner: StatementRunner,
  options: AbortableOperationOptions | undefined,
): Promise<{ connection: DatabaseConnection; release: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const provided = runner.provideConnection((connection) => {
      return new Promise<void>((done) => {
        const release = (): Promise<void> => {
          done()
          return provided
        }
        resolve({ connection, release })
      })
    }, options)
    provided.catch(reject)
  })
}
