/**
 * Stops statements by SQLite's progress handler, which looks up from one every so many steps of its program: whether its
 * call was stopped, and whether its time is over.
 *
 * SQLite does not call it everywhere: not while an index is sorted, not in a checkpoint.
 * Source: https://www.sqlite.org/c3ref/progress_handler.html
 */
import { type StatementContext, StoreError } from '@upkeep/core'
import { HostContext, STOPPED, type StatementGuard, type StatementStopper } from '@upkeep/core/sqlite'
import type { Pointer, Sqlite3 } from './sqlite3-module.ts'
import { WasmSqliteError } from './wasm-connection.ts'
import type { WriteGate } from './write-gate.ts'

/** Steps between two looks; measured: no cost that could be seen, and a look every 0.1 ms or so. */
const EVERY_STEPS = 1000

/** Says whether the call of `ctx` was stopped by the other side, from within its statement. */
export type StopProbe = (ctx: HostContext) => boolean

/** Calls are stopped by {@link run}, their time is kept by {@link arm}: as for all drivers, each has its own owner. */
export class ProgressStopper implements StatementStopper, StatementGuard {
  readonly #isStopped: StopProbe
  #running: HostContext | undefined
  #wasStopped = false
  #untilMs = Number.POSITIVE_INFINITY
  #isLate = false
  readonly runWriting: StatementStopper['runWriting']

  /** With a `gate` it looks up from writes, too. */
  constructor(isStopped: StopProbe, gate?: WriteGate) {
    this.#isStopped = isStopped
    this.runWriting = gate && ((ctx, limitMs, call) => this.#runWriting(gate, ctx, limitMs, call))
  }

  /** From now on it looks up from the statements of this connection. */
  watch({ capi }: Sqlite3, db: Pointer): void {
    capi.sqlite3_progress_handler(db, EVERY_STEPS, () => (this.#look() ? 1 : 0), 0)
  }

  run<T>(ctx: StatementContext, call: () => T): T {
    if (!(ctx instanceof HostContext)) return call()
    this.#running = ctx
    this.#wasStopped = false
    try {
      return call()
    } catch (error) {
      throw this.#wasStopped && isInterrupt(error) ? stopped(error) : error
    } finally {
      this.#running = undefined
    }
  }

  #runWriting(gate: WriteGate, ctx: StatementContext, limitMs: number | undefined, call: () => void): boolean {
    this.arm(limitMs ?? Number.POSITIVE_INFINITY)
    gate.open(() => this.#look())
    try {
      this.run(ctx, call)
      return true
    } catch (error) {
      if (this.#isLate && isInterrupt(error)) return false
      throw error
    } finally {
      gate.close()
      this.disarm()
    }
  }

  /** For what SQLite does piece by piece, and looks up from nowhere itself. @throws as an interrupted statement does */
  lookUp(): void {
    if (this.#look()) throw new WasmSqliteError('SQLITE_INTERRUPT', 'interrupted')
  }

  arm(limitMs: number): void {
    this.#isLate = false
    this.#untilMs = performance.now() + limitMs
  }

  disarm(): boolean {
    this.#untilMs = Number.POSITIVE_INFINITY
    return this.#isLate
  }

  #look(): boolean {
    if (this.#running !== undefined && !this.#wasStopped) this.#wasStopped = this.#isStopped(this.#running)
    if (this.#wasStopped && this.#running !== undefined) return true
    this.#isLate ||= performance.now() > this.#untilMs
    return this.#isLate && this.#untilMs !== Number.POSITIVE_INFINITY
  }
}

function isInterrupt(error: unknown): boolean {
  const code = error instanceof WasmSqliteError ? error.code : (error as StoreError | undefined)?.nativeCode
  return code?.startsWith('SQLITE_INTERRUPT') === true
}

/** Why a call was stopped is known on the other side, which puts it in place of this. */
function stopped(cause: unknown): StoreError {
  return new StoreError('ABORTED', STOPPED, { operation: 'query', nativeCode: 'SQLITE_INTERRUPT', cause })
}
