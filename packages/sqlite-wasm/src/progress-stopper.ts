/**
 * Stops statements by SQLite's progress handler, which looks up from one every so many steps of its program: whether its
 * call was stopped, and whether its time is over.
 *
 * SQLite does not call it everywhere: not while an index is sorted, not in a checkpoint.
 * Source: https://www.sqlite.org/c3ref/progress_handler.html
 */
import { type StatementContext, StoreError } from '@upkeep/core'
import { HostContext, STOPPED, type StatementStopper } from '@upkeep/core/sqlite'
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'
import { WasmSqliteError } from './wasm-connection.ts'

/** Steps between two looks; measured: no cost that could be seen, and a look every 0.1 ms or so. */
const EVERY_STEPS = 1000

/** Says whether the call of `ctx` was stopped by the other side, from within its statement. */
export type StopProbe = (ctx: HostContext) => boolean

export class ProgressStopper implements StatementStopper {
  readonly #isStopped: StopProbe
  #running: HostContext | undefined
  #untilMs = Number.POSITIVE_INFINITY
  #why: 'stopped' | 'late' | undefined

  constructor(isStopped: StopProbe) {
    this.#isStopped = isStopped
  }

  /** From now on it looks up from the statements of this connection. */
  watch({ capi }: Sqlite3, db: Pointer): void {
    capi.sqlite3_progress_handler(db, EVERY_STEPS, () => (this.#look() ? 1 : 0), 0)
  }

  run<T>(ctx: StatementContext, call: () => T): T {
    if (!(ctx instanceof HostContext)) return call()
    const { timeoutMs } = ctx
    this.#running = ctx
    this.#untilMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
    this.#why = undefined
    try {
      return call()
    } catch (error) {
      throw this.#why === undefined || !isInterrupt(error) ? error : stopped(this.#why, timeoutMs, error)
    } finally {
      this.#running = undefined
    }
  }

  #look(): boolean {
    const ctx = this.#running
    if (ctx === undefined) return false
    if (this.#isStopped(ctx)) this.#why ??= 'stopped'
    else if (performance.now() > this.#untilMs) this.#why ??= 'late'
    return this.#why !== undefined
  }
}

function isInterrupt(error: unknown): boolean {
  const code = error instanceof WasmSqliteError ? error.code : (error as StoreError | undefined)?.nativeCode
  return code?.startsWith('SQLITE_INTERRUPT') === true
}

/** Why a call was stopped is known on the other side, which puts it in place of this. */
function stopped(why: 'stopped' | 'late', timeoutMs: number | undefined, cause: unknown): StoreError {
  const nativeCode = 'SQLITE_INTERRUPT'
  if (why === 'stopped') return new StoreError('ABORTED', STOPPED, { operation: 'query', nativeCode, cause })
  const message = `the statement was stopped after ${timeoutMs} ms`
  return new StoreError('TIMEOUT', message, { operation: 'query', nativeCode, cause })
}
