/**
 * The rows of a stream on another thread, which reads ahead by a few batches and then waits.
 *
 * It rejects and ends when the other side has: then its statement is closed, and its snapshot given back.
 */
import { abortError, onceAborted } from '../../abort/abort-error.ts'
import { systemClock } from '../../abort/system-clock.ts'
import { StoreError } from '../../errors/store-error.ts'
import type { RemoteCall } from '../../remote/remote-client.ts'
import { type RowBatch, RowUnpacker } from '../../remote/row-batch.ts'
import type { RowSource } from '../sqlite-stream.ts'
import type { SqliteExecutor } from './executor.ts'
import { repeatStop } from './repeat-stop.ts'

export class RemoteStream implements RowSource {
  readonly #executor: SqliteExecutor
  readonly #call: RemoteCall<unknown>
  readonly #batches: RowBatch[] = []
  readonly #unpacker = new RowUnpacker()
  readonly #settled: Promise<void>
  readonly #leaveSignal: (() => void) | undefined
  #rows: unknown[] = []
  #isDone = false
  #failure: StoreError | undefined
  #endStop: (() => void) | undefined
  #wake: (() => void) | undefined

  /** `begin` sends the call, whose batches it hands to what it is given. */
  constructor(
    executor: SqliteExecutor,
    begin: (onBatch: (batch: RowBatch) => void) => RemoteCall<unknown>,
    signal: AbortSignal | undefined,
  ) {
    this.#executor = executor
    this.#call = begin((batch) => {
      this.#batches.push(batch)
      this.#wake?.()
    })
    this.#settled = this.#call.answer
      .catch((error: StoreError) => {
        // Stopped by us, it only says that it was.
        this.#failure ??= error
      })
      .then(() => this.#finish())
    this.#leaveSignal = signal && onceAborted(signal, () => this.#stop(abortError(signal, 'stream')))
  }

  async read(count: number, limitMs?: number): Promise<unknown[]> {
    const timer = limitMs === undefined ? undefined : systemClock.setTimer(() => this.#stop(timedOut(limitMs)), limitMs)
    try {
      while (this.#rows.length < count && (await this.#unpackNext()));
    } finally {
      systemClock.clearTimer(timer)
    }
    if (this.#failure !== undefined) throw this.#failure
    return this.#rows.splice(0, count)
  }

  /** Whoever reads on hears `reason`. */
  fail(reason: StoreError): void {
    this.#stop(reason)
  }

  async end(): Promise<void> {
    if (!this.#isDone) this.#stop(new StoreError('CLOSED', 'the stream was ended', { operation: 'stream' }))
    await this.#settled
  }

  /** Answers false when no more will come. A failure waits for its other side, and not for what is read ahead. */
  async #unpackNext(): Promise<boolean> {
    while (this.#failure !== undefined || this.#batches.length === 0) {
      if (this.#isDone) return false
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#unpacker.unpack(this.#batches.shift() as RowBatch, this.#rows)
    this.#call.more()
    return true
  }

  #stop(reason: StoreError): void {
    if (this.#isDone || this.#failure !== undefined) return
    this.#failure = reason
    this.#call.cancel()
    this.#endStop = repeatStop(this.#executor, this.#call.id)
  }

  #finish(): void {
    this.#isDone = true
    this.#endStop?.()
    this.#leaveSignal?.()
    this.#wake?.()
  }
}

function timedOut(limitMs: number): StoreError {
  return new StoreError('TIMEOUT', `no rows came within ${limitMs} ms`, { operation: 'stream' })
}
