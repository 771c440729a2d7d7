/**
 * What is attached to a store: services that must have stopped before it closes.
 *
 * They are told, and waited for, all at the same time. What one fails with keeps no other from being stopped.
 */
import { raceAbort } from '../abort/abort-error.ts'
import type { StoreLog } from '../contract/log.ts'
import type { StoreAttachment } from '../contract/store.ts'
import { isStoreError } from '../errors/store-error.ts'
import { yieldToLoop } from '../loop/yield-to-loop.ts'

export class Attachments {
  readonly #log: StoreLog
  readonly #all = new Set<{ readonly attachment: StoreAttachment }>()

  constructor(log: StoreLog) {
    this.#log = log
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** The answer takes it off again. The same one may be on several times. */
  add(attachment: StoreAttachment): () => void {
    const entry = { attachment }
    this.#all.add(entry)
    return () => void this.#all.delete(entry)
  }

  /** Stops all of them at the same time, until `hurry` aborts; answers how many did not stop, or failed to. */
  async stop(hurry: AbortSignal): Promise<number> {
    const attachments = [...this.#all]
    let stoppedCount = 0
    const stopping = attachments.map(async ({ attachment }) => {
      try {
        await attachment.stop({ signal: hurry })
        stoppedCount++
      } catch (error) {
        // What hurries the close makes them fail; that is told by the count.
        if (hurry.aborted) return
        this.#log.warn('what was attached to the store failed to stop', {
          code: isStoreError(error) ? error.code : 'UNKNOWN',
        })
      }
    })
    try {
      await raceAbort(Promise.all(stopping), hurry, 'close')
    } catch {
      // Those that had nothing to wait for have stopped, however much of a hurry it was.
      await yieldToLoop()
    }
    return attachments.length - stoppedCount
  }
}
