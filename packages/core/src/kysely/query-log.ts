/**
 * Kysely's `log` option over our executor: the same events, with our errors.
 *
 * The events carry the compiled query with its bound values, as Kysely's do: they go to the application's own
 * function, never to the store's logger.
 */
import { type CompiledQuery, Log, type LogConfig, type QueryResult } from 'kysely'

export class QueryLog {
  readonly #log: Log

  private constructor(log: Log) {
    this.#log = log
  }

  /** `undefined` where nothing is to be logged, so that the hot path has nothing to ask. */
  static create(config: LogConfig | undefined): QueryLog | undefined {
    if (config === undefined) return undefined
    const log = new Log(config)
    return log.isLevelEnabled('query') || log.isLevelEnabled('error') ? new QueryLog(log) : undefined
  }

  async execute<T>(query: CompiledQuery, run: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    let result: T
    try {
      result = await run()
    } catch (error) {
      await this.#failed(query, startedAt, error)
      throw error
    }
    await this.#succeeded(query, startedAt, false)
    return result
  }

  /** A stream that is left early has succeeded. */
  async *stream(
    query: CompiledQuery,
    chunks: AsyncIterable<QueryResult<unknown>>,
  ): AsyncGenerator<QueryResult<unknown>> {
    const startedAt = performance.now()
    let failed = false
    try {
      yield* chunks
    } catch (error) {
      failed = true
      await this.#failed(query, startedAt, error)
      throw error
    } finally {
      if (!failed) await this.#succeeded(query, startedAt, true)
    }
  }

  #succeeded(query: CompiledQuery, startedAt: number, isStream: boolean): Promise<void> {
    return this.#log.query(() => ({
      level: 'query',
      query,
      queryDurationMillis: performance.now() - startedAt,
      isStream,
    }))
  }

  #failed(query: CompiledQuery, startedAt: number, error: unknown): Promise<void> {
    return this.#log.error(() => ({ level: 'error', error, query, queryDurationMillis: performance.now() - startedAt }))
  }
}
