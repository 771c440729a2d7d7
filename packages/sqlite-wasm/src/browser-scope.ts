/**
 * What is used of a browser, in pages and workers, and no more: this package compiles without DOM's types, as it also
 * runs in Node.
 */

/** Locks among all pages and workers of an origin. Source: https://www.w3.org/TR/web-locks/ */
export interface LockManager {
  request(
    name: string,
    options: {
      readonly mode?: 'exclusive' | 'shared'
      readonly signal?: AbortSignal
      readonly ifAvailable?: true
    },
    work: (lock: unknown) => Promise<void>,
  ): Promise<void>
  query(): Promise<{
    readonly held?: readonly { readonly name?: string; readonly clientId?: string; readonly mode?: string }[]
  }>
}

/** The origin's own place for data. Source: https://storage.spec.whatwg.org */
export interface StorageManager {
  getDirectory?(): Promise<unknown>
  /** Pages only. */
  persist?(): Promise<boolean>
  persisted?(): Promise<boolean>
  estimate(): Promise<{ readonly usage?: number; readonly quota?: number }>
}

/** A request that can also be made from within a statement. */
export interface SyncRequest {
  readonly status: number
  open(method: 'GET', url: string, isAsync: false): void
  send(): void
}

/** Reaches all pages and workers of an origin but whoever speaks. Source: https://html.spec.whatwg.org/#broadcasting-to-other-browsing-contexts */
export interface TabChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
}

/** The global object. */
export interface BrowserScope {
  readonly navigator: { readonly locks?: LockManager; readonly storage?: StorageManager }
  /** Of a worker, as it was given. */
  readonly name?: string
  readonly crossOriginIsolated?: boolean
  readonly XMLHttpRequest?: new () => SyncRequest
  readonly BroadcastChannel?: new (name: string) => TabChannel
  readonly Blob: new (parts: readonly string[]) => unknown
  readonly URL: { createObjectURL(blob: unknown): string; revokeObjectURL(url: string): void }
  addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void
  postMessage(message: unknown): void
  close(): void
}

export const browser = globalThis as unknown as BrowserScope
