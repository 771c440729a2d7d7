/**
 * The web-common globals that the core may use, and no others: the core compiles without Node's and without DOM's
 * types, so that it runs wherever these exist. Some are here because Kysely's own declarations name them.
 */

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: any
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

declare var AbortSignal: {
  prototype: AbortSignal
  any(signals: Iterable<AbortSignal>): AbortSignal
  abort(reason?: unknown): AbortSignal
}

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

declare function setTimeout(callback: () => void, delayMs?: number): unknown
declare function clearTimeout(timer: any): void
declare var performance: { now(): number }
declare var console: {
  warn(...data: unknown[]): void
  error(...data: unknown[]): void
}

/** Of ES2024; every runtime we support has it. */
interface String {
  isWellFormed(): boolean
}

interface Blob {
  readonly size: number
}

interface File extends Blob {
  readonly name: string
}
