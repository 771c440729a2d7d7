/**
 * Runs one statement that may be long, and stops it for real: when the run is aborted, its budget is spent, or somebody
 * has waited for it for too long.
 *
 *   running ──answer──▶ ended
 *      │ stop
 *      ▼
 *   CancelRequest ─250 ms─▶ pg_cancel_backend ─1 s─▶ pg_terminate_backend ─1 s─▶ the socket is dropped
 *
 * Each is repeated by the next only while the statement has not ended. Once it has, no cancel is under way that could meet
 * the next one.
 */
import { onceAborted } from '@upkeep/core/backend'
import type { Notice } from './dedicated-client.ts'
import type { MaintenanceScope } from './maintenance-scope.ts'
import { type WatchedTable, watchTable } from './watch-table.ts'

const CANCEL_AGAIN_MS = 250
const TERMINATE_MS = 1000

/** Why a statement was stopped. */
export type StopCause = 'aborted' | 'budget' | 'waiter'

/** How a statement ended: by itself, with what the server said beside it, or stopped. */
export type StatementOutcome = { readonly notices: readonly Notice[] } | { readonly stopped: StopCause }

/** @throws StoreError, where it failed by itself */
export async function runStatement(
  scope: MaintenanceScope,
  sql: string,
  watched?: WatchedTable,
): Promise<StatementOutcome> {
  const { client, clock, run, signal } = scope
  if (signal.aborted) return { stopped: 'aborted' }
  const budgetMs = run.budgetLeftMs()
  if (budgetMs <= 0) return { stopped: 'budget' }
  await limitOnServer(scope, budgetMs)
  const stopping = new Stopping(scope)
  const leave = onceAborted(signal, () => stopping.stop('aborted'))
  const timer = Number.isFinite(budgetMs) ? clock.setTimer(() => stopping.stop('budget'), budgetMs, true) : undefined
  const watching = watched === undefined ? undefined : watchTable(scope, watched, () => stopping.stop('waiter'))
  try {
    return { notices: await client.run(sql) }
  } catch (error) {
    const { cause } = stopping
    if (cause !== undefined) return { stopped: cause }
    // The server's own clock was a little faster than ours.
    if (isTimeout(error) && Number.isFinite(budgetMs) && run.budgetLeftMs() <= 0) return { stopped: 'budget' }
    throw error
  } finally {
    leave()
    if (timer !== undefined) clock.clearTimer(timer)
    await watching?.end()
    await stopping.end()
  }
}

/** Should this process die or hang, the server does not go on for ever. */
async function limitOnServer({ client, server }: MaintenanceScope, budgetMs: number): Promise<void> {
  if (server.isPooled || !Number.isFinite(budgetMs)) return
  await client.ask("SELECT set_config('statement_timeout', $1, false)", [String(Math.ceil(budgetMs) + 100)])
}

function isTimeout(error: unknown): boolean {
  return (error as { nativeCode?: unknown }).nativeCode === '57014'
}

/** Stops what the client of `scope` runs, by stronger and stronger means. */
class Stopping {
  cause: StopCause | undefined
  readonly #scope: MaintenanceScope
  #timer: unknown
  #flight: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(scope: MaintenanceScope) {
    this.#scope = scope
  }

  stop(cause: StopCause): void {
    if (this.cause !== undefined || this.#isOver) return
    this.cause = cause
    this.#then(() => this.#scope.client.cancel())
    this.#after(CANCEL_AGAIN_MS, () => {
      this.#then(() => this.#signalBackend('pg_cancel_backend'))
      this.#after(TERMINATE_MS, () => {
        this.#then(() => this.#signalBackend('pg_terminate_backend'))
        this.#after(TERMINATE_MS, () => this.#scope.client.destroy())
      })
    })
  }

  /** Waits for what is under way. */
  async end(): Promise<void> {
    this.#isOver = true
    if (this.#timer !== undefined) this.#scope.clock.clearTimer(this.#timer)
    await this.#flight
  }

  /** Never rejects: what one means cannot do, the next may. */
  #then(work: () => Promise<void>): void {
    this.#flight = Promise.all([this.#flight, work().catch(() => undefined)]).then(() => undefined)
  }

  #after(delayMs: number, next: () => void): void {
    this.#timer = this.#scope.clock.setTimer(
      () => {
        if (!this.#isOver) next()
      },
      delayMs,
      true,
    )
  }

  /** Behind a pooler nobody knows the backend: the CancelRequest is sent again. */
  async #signalBackend(call: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<void> {
    const { server, client } = this.#scope
    if (server.isPooled) {
      await client.cancel()
      return
    }
    const watch = await this.#scope.watch()
    await watch.ask(`SELECT ${call}(${server.backendPid})`)
  }
}
