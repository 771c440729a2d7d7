/**
 * Tells the application of statements that took long, after they have ended. Nobody waits for what it does then, and
 * nothing that it throws reaches a caller.
 */
import type { CompiledQuery } from 'kysely'
import type { AsyncContext } from '../contract/backend.ts'
import type { StoreLog } from '../contract/log.ts'
import type { SlowQuery } from '../contract/slow-query.ts'
import { errorLabel } from '../errors/error-label.ts'
import { redactLiterals } from '../metrics/redact-literals.ts'
import type { ResolvedSlowQueryOptions } from '../open/slow-query-options.ts'

/** What it needs of the store. */
export interface SlowQueryParts {
  readonly log: StoreLog
  readonly asyncContext: AsyncContext | undefined
  /** @throws CLOSED, and what the engine says */
  explain(query: CompiledQuery): Promise<readonly string[]>
}

export class SlowQueryTeller {
  readonly thresholdMs: number
  readonly #options: ResolvedSlowQueryOptions
  readonly #parts: SlowQueryParts

  constructor(options: ResolvedSlowQueryOptions, parts: SlowQueryParts) {
    this.thresholdMs = options.thresholdMs
    this.#options = options
    this.#parts = parts
  }

  /** Never throws. */
  tell(query: CompiledQuery, durationMs: number, failed: boolean): void {
    const { asyncContext } = this.#parts
    // Else what the application writes now would be taken for a part of the transaction that the statement was in.
    if (asyncContext === undefined) this.#tell(query, durationMs, failed)
    else asyncContext.run(undefined, () => this.#tell(query, durationMs, failed))
  }

  #tell(query: CompiledQuery, durationMs: number, failed: boolean): void {
    const { onSlowQuery } = this.#options
    const { log, explain } = this.#parts
    // The values are in the closure of `plan` alone, where nobody who shows or copies the event can come across them.
    const slow = (): SlowQuery =>
      Object.freeze({ sql: redactLiterals(query.sql), durationMs, failed, plan: () => explain(query) })
    Promise.resolve()
      .then(() => onSlowQuery(slow()))
      .catch((error) => log.warn('onSlowQuery failed', { error: errorLabel(error) }))
      .catch(() => undefined)
  }
}
