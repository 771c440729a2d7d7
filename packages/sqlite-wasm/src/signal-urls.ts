/**
 * Shows aborts to a worker where there is no shared memory: each signal has a URL of its own that can be read, and to
 * revoke it is the abort. The worker asks for it from within a statement.
 *
 * A URL is kept for the next call with its signal, as long as it is among the last ones that were used.
 */
import type { CallStopper } from '@upkeep/core/sqlite'
import { browser } from './browser-scope.ts'

const KEPT = 8

interface SignalUrl {
  readonly signal: AbortSignal
  readonly url: string
  useCount: number
}

export class SignalUrls implements CallStopper {
  /** Those that were used last are last. */
  readonly #urls = new Map<AbortSignal, SignalUrl>()

  readonly shown = (token: unknown): unknown => (token as SignalUrl | undefined)?.url

  token(signal: AbortSignal | undefined): SignalUrl | undefined {
    if (signal === undefined || signal.aborted) return undefined
    const known = this.#urls.get(signal)
    const entry = known ?? { signal, url: browser.URL.createObjectURL(new browser.Blob(['1'])), useCount: 0 }
    entry.useCount++
    this.#urls.delete(signal)
    this.#urls.set(signal, entry)
    return entry
  }

  stop(_id: number, token: unknown): void {
    if (token !== undefined) this.#revoke(token as SignalUrl)
  }

  settled(token: unknown): void {
    if (token === undefined) return
    ;(token as SignalUrl).useCount--
    for (const entry of this.#urls.values()) {
      if (this.#urls.size <= KEPT) return
      if (entry.useCount === 0) this.#revoke(entry)
    }
  }

  /** Revokes all. */
  end(): void {
    for (const entry of this.#urls.values()) this.#revoke(entry)
  }

  #revoke(entry: SignalUrl): void {
    this.#urls.delete(entry.signal)
    browser.URL.revokeObjectURL(entry.url)
  }
}
