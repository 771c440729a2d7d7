/**
 * A connection on another thread or in another process, as {@link SqliteConnection} is one on this thread: runs one
 * thing at a time, and stops it when its signal aborts.
 *
 * Whatever settles here has settled there: after an abort nothing of the statement runs any more. It holds no lock, and
 * does not know who may use it.
 */
import type { QueryResult } from 'kysely'
import { abortError, onceAborted } from '../../abort/abort-error.ts'
import { isStoreError, type StoreError } from '../../errors/store-error.ts'
import { type RemoteCall, RemoteClient } from '../../remote/remote-client.ts'
import { toResult } from '../../remote/remote-result.ts'
import { type RowBatch, RowUnpacker } from '../../remote/row-batch.ts'
import { type IfGone, workerGone } from '../../remote/worker-gone.ts'
import { AUTOCHECKPOINT_PAGES } from '../autocheckpoint.ts'
import type { TransactionConnection } from '../sqlite-transaction.ts'
import type { SqliteExecutor } from './executor.ts'
import { RemoteStream } from './remote-stream.ts'
import { repeatStop } from './repeat-stop.ts'
import type {
  ControlArgument,
  ExecuteAnswer,
  ExecuteArgument,
  OpenAnswer,
  StateAnswer,
  StreamArgument,
} from './sqlite-calls.ts'

/** A result, and how long SQLite took for it. */
export interface RemoteResult {
  readonly result: QueryResult<unknown>
  readonly tookMs: number
}

export class RemoteConnection implements TransactionConnection {
  /** As of the last answer. */
  inTransaction = false
  /** When it was started, by the clock of whoever asks. */
  readonly startedMs: number
  readonly #executor: SqliteExecutor
  readonly #client: RemoteClient
  #autocheckpointPages = AUTOCHECKPOINT_PAGES

  constructor(executor: SqliteExecutor, startedMs: number) {
    this.startedMs = startedMs
    this.#executor = executor
    this.#client = new RemoteClient(executor.channel)
  }

  /** Whether somebody else may have it next. */
  get isReusable(): boolean {
    return this.#client.gone === undefined && !this.inTransaction
  }

  /** Opens the database there. May be tried again. @throws BUSY and what else opening says; ABORTED */
  async open(signal: AbortSignal | undefined): Promise<void> {
    const call = this.#client.call<OpenAnswer>('open', undefined, gone('CONNECTION'))
    // A thread that is loading its driver must not be ended; a process takes long to start, and may be.
    const { token } = await this.#settled(call, this.#executor.stopsByEnding ? signal : undefined)
    this.#executor.opened(token)
  }

  /** @throws what SQLite says; the reason of `signal` if it was stopped for that; CONNECTION, OUTCOME_UNKNOWN */
  async execute(argument: ExecuteArgument, ifGone: IfGone, signal: AbortSignal | undefined): Promise<RemoteResult> {
    const rows: unknown[] = []
    const unpacker = new RowUnpacker()
    const call: RemoteCall<ExecuteAnswer> = this.#client.call('execute', argument, {
      ...gone(ifGone),
      onBatch: (batch: RowBatch) => {
        unpacker.unpack(batch, rows)
        call.more()
      },
    })
    const { last, tookMs, inTransaction, ...told } = await this.#settled(call, signal)
    this.inTransaction = inTransaction
    if (last !== undefined) unpacker.unpack(last, rows)
    return { result: toResult({ ...told, rows }), tookMs }
  }

  /** Begins to read. Nothing else may be run here before it has ended, except in the transaction it belongs to. */
  openStream(argument: StreamArgument, signal: AbortSignal | undefined): RemoteStream {
    return new RemoteStream(
      this.#executor,
      (onBatch) => this.#client.call('stream', argument, { ...gone('CONNECTION'), onBatch }),
      signal,
    )
  }

  /** Whether its commits copy the log: before each write, since that changes. See `Autocheckpoint`. */
  async copyLogOnCommit(pages: number): Promise<void> {
    if (pages === this.#autocheckpointPages) return
    await this.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
    this.#autocheckpointPages = pages
  }

  control(sql: string): Promise<void> {
    return this.#control({ sql, way: 'control' })
  }

  undo(sql: string): Promise<void> {
    return this.#control({ sql, way: 'undo' })
  }

  exec(sql: string): Promise<void> {
    return this.#control({ sql, way: 'exec' })
  }

  /** Ends the other side, whatever it does. */
  async close(): Promise<void> {
    if (this.#client.gone === undefined) {
      await this.#client.call('close', undefined, gone('CONNECTION')).answer.catch(() => undefined)
    }
    await this.#executor.close()
  }

  async #control(argument: ControlArgument): Promise<void> {
    const options = gone(argument.sql === 'COMMIT' ? 'OUTCOME_UNKNOWN' : 'CONNECTION')
    const { inTransaction } = await this.#settled(
      this.#client.call<StateAnswer>('control', argument, options),
      undefined,
    )
    this.inTransaction = inTransaction
  }

  /** The answer of a call, which is stopped while its signal is aborted. */
  async #settled<T>(call: RemoteCall<T>, signal: AbortSignal | undefined): Promise<T> {
    let endStop: (() => void) | undefined
    const leave =
      signal &&
      onceAborted(signal, () => {
        endStop = repeatStop(this.#executor, call.id)
      })
    try {
      return await call.answer
    } catch (error) {
      await this.#look()
      throw signal?.aborted === true && this.#wasStopped(error) ? abortError(signal, 'query') : error
    } finally {
      leave?.()
      endStop?.()
    }
  }

  #wasStopped(error: unknown): boolean {
    if (this.#executor.stopsByEnding) return this.#client.gone !== undefined
    return isStoreError(error) && error.nativeCode?.startsWith('SQLITE_INTERRUPT') === true
  }

  /** What failed may have rolled back by itself. */
  async #look(): Promise<void> {
    if (!this.inTransaction) return
    const asked = this.#client.call<StateAnswer>('state', undefined, gone('CONNECTION')).answer
    this.inTransaction = await asked.then(
      (answer) => answer.inTransaction,
      () => false,
    )
  }
}

function gone(code: IfGone): { readonly gone: (how: string) => StoreError } {
  return { gone: (how) => workerGone(how, code) }
}
