/**
 * Statements under the guard of their connection: each is armed with a limit, and disarmed before anything else runs.
 *
 * Only what the application has asked for is armed, and only while the driver is in it. BEGIN, COMMIT and ROLLBACK are
 * not, nor is what decodes rows. What it means that a statement was stopped is decided by whoever gave the limit.
 */
import { isStoreError, StoreError } from '../errors/store-error.ts'
import type { SqlitePort, StatementGuard } from './port.ts'

/**
 * A statement ran into its limit and was stopped: nothing of it is left, and in a transaction that it has written to,
 * SQLite has rolled the whole of it back. For whoever knows nothing else to do it is a `TIMEOUT`.
 * Source: https://www.sqlite.org/c3ref/interrupt.html
 */
export class StatementStopped extends StoreError {
  /** The limit, in milliseconds. */
  readonly limitMs: number

  constructor(limitMs: number, nativeCode: string, cause: unknown) {
    super('TIMEOUT', `the statement was stopped after ${limitMs} ms`, { operation: 'query', nativeCode, cause })
    this.limitMs = limitMs
  }
}

export class GuardedCalls {
  readonly #port: SqlitePort
  readonly #guard: StatementGuard

  constructor(port: SqlitePort, guard: StatementGuard) {
    this.#port = port
    this.#guard = guard
  }

  /** Calls the driver with `limitMs` to go. One that has completed meanwhile has completed. @throws StatementStopped */
  run<T>(limitMs: number, call: () => T): T {
    this.#guard.arm(limitMs)
    let answer: T
    try {
      answer = call()
    } catch (error) {
      throw this.#guard.disarm() ? this.#stopped(limitMs, error) : error
    }
    this.#guard.disarm()
    return answer
  }

  /** A statement may fail for a reason of its own in the very moment in which it is to be stopped. */
  #stopped(limitMs: number, error: unknown): unknown {
    const code = isStoreError(error) ? error.nativeCode : this.#port.resultCode(error)
    return code?.startsWith('SQLITE_INTERRUPT') === true ? new StatementStopped(limitMs, code, error) : error
  }
}
