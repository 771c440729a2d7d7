/** What is attached to a store: services that must have stopped before it closes. */
import { raceAbort } from '../abort/abort-error.ts'
import type { StoreAttachment } from '../contract/store.ts'

export class Attachments {
  readonly #all = new Set<StoreAttachment>()

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** The answer takes it off again. */
  add(attachment: StoreAttachment): () => void {
    this.#all.add(attachment)
    return () => void this.#all.delete(attachment)
  }

  /** Stops all of them at the same time, until `hurry` aborts; answers how many did not stop, or failed to. */
  async stop(hurry: AbortSignal): Promise<number> {
    const stopping = [...this.#all].map((attachment) =>
      raceAbort(stopOne(attachment, hurry), hurry, 'close').then(
        () => 0,
        () => 1,
      ),
    )
    const failures: number[] = await Promise.all(stopping)
    return failures.reduce((sum, failure) => sum + failure, 0)
  }
}

/** Also one that throws instead of rejecting. */
async function stopOne(attachment: StoreAttachment, signal: AbortSignal): Promise<unknown> {
  return attachment.stop({ signal })
}
