/**
 * Tells `onDeleted` which rows are gone, at least once each, however often it fails and wherever the process dies.
 *
 *   delete + outbox ──commit──▶ pending ──onDeleted resolves──▶ told ──next transaction──▶ gone from the outbox
 *                                  │
 *                                  └── attempts are used up, or the run ends: stays pending for the next run
 *
 * A batch that was told and whose process died before it was taken out of the outbox is told again.
 */
import type { Kysely } from 'kysely'
import { abortError, assertNotAborted, raceAbort } from '../abort/abort-error.ts'
import { backoffDelayMs, type ResolvedRetry } from '../abort/backoff.ts'
import { openDeadline } from '../abort/deadline.ts'
import { delay } from '../abort/system-clock.ts'
import type { TaskContext } from '../contract/task.ts'
import { encodeIds } from './id-codec.ts'
import { Outbox } from './outbox.ts'
import { keyList } from './row-selection.ts'

/** What a delivery needs of its task's options. */
export interface DeliveryOptions {
  readonly name: string
  readonly table: string
  readonly key: string
  readonly onDeleted: (ids: readonly any[], ctx: { readonly signal: AbortSignal }) => unknown
  readonly callbackTimeoutMs: number
  readonly retry: ResolvedRetry
}

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #context: TaskContext<any>
  readonly #outbox: Outbox
  /** Told, and still in the outbox. */
  #told: number | bigint | undefined

  constructor(options: DeliveryOptions, context: TaskContext<any>) {
    this.#options = options
    this.#context = context
    this.#outbox = new Outbox(options.name)
  }

  /** Tells what earlier runs have left, before anything new is deleted. */
  async deliverPending(): Promise<void> {
    const { store, signal, count } = this.#context
    await this.#outbox.prepare(store)
    for (;;) {
      assertNotAborted(signal, 'retention')
      const batch = await this.#outbox.oldest(store.db)
      if (batch === undefined) return
      await this.#tell(batch.ids)
      count('redeliveredRowCount', batch.ids.length)
      await this.#outbox.remove(store.db, batch.id)
    }
  }

  /** In the transaction that deletes: keeps `ids`, and takes out what has been told since the last one. */
  async keep(tx: Kysely<any>, ids: readonly unknown[]): Promise<number | bigint> {
    if (this.#told !== undefined) await this.#outbox.remove(tx, this.#told)
    return this.#outbox.add(tx, ids, this.#context.clock.now())
  }

  /** Tells a batch that was kept. @throws what the last attempt failed with */
  async deliver(batch: number | bigint, ids: readonly unknown[]): Promise<void> {
    this.#told = undefined
    await this.#tell(ids)
    this.#told = batch
  }

  /** Takes out what was told last. At the end, also after an abort: whatever stays is told again. */
  async acknowledge(): Promise<void> {
    if (this.#told === undefined) return
    await this.#outbox.remove(this.#context.store.db, this.#told)
    this.#told = undefined
  }

  async #tell(ids: readonly unknown[]): Promise<void> {
    const { signal, clock, count } = this.#context
    const { retry } = this.#options
    for (let attempt = 1; ; attempt++) {
      // Asked each time: an attempt may come long after the one before.
      const gone = await this.#stillGone(ids)
      try {
        if (gone.length > 0) {
          await this.#call(gone)
          count('callbackCount', 1)
        }
        if (gone.length < ids.length) count('reinsertedRowCount', ids.length - gone.length)
        return
      } catch (error) {
        assertNotAborted(signal, 'retention')
        if (attempt >= retry.attempts) throw error
      }
      count('retryCount', 1)
      await delay(clock, backoffDelayMs(attempt, retry), signal, (aborted) => abortError(aborted, 'retention'))
    }
  }

  async #call(ids: readonly unknown[]): Promise<void> {
    const { signal, clock } = this.#context
    const { onDeleted, callbackTimeoutMs } = this.#options
    using deadline = openDeadline({ timeoutMs: callbackTimeoutMs }, clock, 'onDeleted', signal)
    const calling = (async () => onDeleted([...ids], { signal: deadline.signal }))()
    await raceAbort(calling, deadline.signal, 'onDeleted')
  }

  /** Without those that have been inserted again. */
  async #stillGone(ids: readonly unknown[]): Promise<readonly unknown[]> {
    const there = await this.#present(ids)
    if (there.length === 0) return ids
    const encoded = new Set(there.map((id) => encodeIds([id])))
    const gone: unknown[] = []
    for (const id of ids) {
      if (encoded.has(encodeIds([id]))) continue
      // The database may hold for equal what is not the same here: 'Ann' and 'ann' in a collation without case.
      if ((await this.#present([id])).length === 0) gone.push(id)
    }
    return gone
  }

  async #present(ids: readonly unknown[]): Promise<readonly unknown[]> {
    const { store, signal } = this.#context
    const { table, key } = this.#options
    const rows = await store.db.selectFrom(table).select(key).where(key, 'in', keyList(ids)).execute({ signal })
    return rows.map((row: Record<string, unknown>) => row[key])
  }
}
