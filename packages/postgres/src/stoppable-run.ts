/**
 * Runs a request until it is done, its signal aborts or its time is up, and then says what became of it.
 *
 *   running ──abort or deadline──▶ CancelRequest, again ─▶ pg_cancel_backend ─▶ pg_terminate_backend ─▶ the socket is cut
 *      │                             │                        │                    │                      │
 *      └── settled ◀─────────────────┴────────────────────────┴────────────────────┴──────────────────────┘
 *
 * A CancelRequest may come before the statement has begun, and is lost then: so it is sent again. Nobody has the
 * connection back before the last one was heard, or it would stop a neighbour's statement.
 */
import { type Clock, StoreError } from '@upkeep/core'
import { abortError, onceAborted } from '@upkeep/core/backend'
import { classifyPostgresError, isServerMessage, QUERY_CANCELED } from './postgres-errors.ts'
import type { ServerConnection } from './server-connection.ts'
import type { ServerConnector } from './server-connector.ts'
import type { ServerRequest } from './server-request.ts'

/** How a request is run. */
export interface RunContext {
  readonly operation: string
  readonly signal?: AbortSignal | undefined
  /** In milliseconds; `undefined` for as long as it takes. */
  readonly timeoutMs: number | undefined
  /** Whether it may have changed something for good, should its answer be lost. */
  readonly isFinal: boolean
}

/** Waits, in milliseconds, after each CancelRequest. */
const AFTER_CANCEL_MS = [20, 100, 300] as const

export class StoppableRuns {
  readonly #connector: ServerConnector
  readonly #clock: Clock
  readonly #cancelTimeoutMs: number

  constructor(connector: ServerConnector, clock: Clock, cancelTimeoutMs: number) {
    this.#connector = connector
    this.#clock = clock
    this.#cancelTimeoutMs = cancelTimeoutMs
  }

  /** Resolves with the request; @throws what the server said, ABORTED, TIMEOUT, CONNECTION, OUTCOME_UNKNOWN */
  async run<R extends ServerRequest>(connection: ServerConnection, request: R, ctx: RunContext): Promise<R> {
    const { signal, timeoutMs, operation } = ctx
    if (signal?.aborted === true) throw abortError(signal, operation)
    let reason: StoreError | undefined
    let stopping: Promise<void> | undefined
    const stop = (why: StoreError): void => {
      if (reason !== undefined) return
      reason = why
      stopping = this.#stop(connection, request, running)
    }
    const running = connection.run(request)
    const leave = signal && onceAborted(signal, () => stop(abortError(signal, operation)))
    const timer =
      timeoutMs === undefined ? undefined : this.#clock.setTimer(() => stop(late(operation, timeoutMs)), timeoutMs)
    try {
      return await running
    } catch (error) {
      throw outcome(connection, request, ctx, error, reason)
    } finally {
      leave?.()
      if (timer !== undefined) this.#clock.clearTimer(timer)
      await stopping
    }
  }

  async #stop(connection: ServerConnection, request: ServerRequest, running: Promise<unknown>): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + this.#cancelTimeoutMs
    const leftMs = (): number => Math.max(0, untilMs - this.#clock.monotonicMs())
    const isOver = (): boolean => connection.running !== request
    for (const waitMs of AFTER_CANCEL_MS) {
      if (isOver()) return
      await this.#connector.cancel(connection.client, leftMs())
      await this.#settles(running, Math.min(waitMs, leftMs()))
    }
    const { serverPid } = connection.facts
    for (const how of ['pg_cancel_backend', 'pg_terminate_backend']) {
      if (isOver()) return
      if (serverPid !== undefined) await this.#ask(`select ${how}(${serverPid})`, leftMs() / 2)
      await this.#settles(running, leftMs() / 2)
    }
    await this.#settles(running, leftMs())
    if (isOver()) return
    connection.destroy(new StoreError('CONNECTION', 'the server did not stop, so the connection was cut'))
  }

  /** On a connection of its own: the pool may be what is waited for. Whether it helps is seen elsewhere. */
  async #ask(sql: string, timeoutMs: number): Promise<void> {
    if (timeoutMs < 1) return
    try {
      const connection = await this.#connector.connect({ purpose: 'cancel', timeoutMs })
      await this.#settles(connection.runText(sql), timeoutMs)
      void connection.close()
    } catch {
      // The next way is tried.
    }
  }

  /** Resolves when `promise` has settled, or after `waitMs`. */
  async #settles(promise: Promise<unknown>, waitMs: number): Promise<void> {
    let timer: unknown
    const waited = new Promise<void>((resolve) => {
      timer = this.#clock.setTimer(resolve, waitMs)
    })
    await Promise.race([promise.catch(() => undefined), waited])
    this.#clock.clearTimer(timer)
  }
}

function late(operation: string, timeoutMs: number): StoreError {
  return new StoreError('TIMEOUT', `${operation} did not finish within ${timeoutMs} ms`, { operation })
}

/** What became of a request that has failed; `reason` is why it was stopped. */
function outcome(
  connection: ServerConnection,
  request: ServerRequest,
  { operation, isFinal }: RunContext,
  error: unknown,
  reason: StoreError | undefined,
): StoreError {
  const failure = classifyPostgresError(error, operation)
  if (connection.lost === undefined) {
    return failure.nativeCode === QUERY_CANCELED ? (reason ?? failure) : failure
  }
  // The server says goodbye only to what it has not committed, unless it has said before that it was done.
  const isDefinite = isServerMessage(error) && !request.isComplete && operation !== 'commit'
  if (!isFinal || !request.isSent || isDefinite) return reason ?? failure
  const message = 'the connection was lost before the answer came: whether it took effect is not known'
  return new StoreError('OUTCOME_UNKNOWN', message, {
    operation,
    nativeCode: failure.nativeCode,
    cause: reason ?? failure,
  })
}
