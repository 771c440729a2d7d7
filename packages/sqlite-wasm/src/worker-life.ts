/**
 * Whether a worker is still there. Nobody tells its page when it has ended (out of memory, or by whoever looks at it in
 * the browser's tools), but its locks go with it: it holds one of its own name, and the page waits for that.
 *
 *   worker: takes the lock ──▶ says ALIVE        page: hears ALIVE ──▶ waits for the lock ──has it──▶ the worker has gone
 */
import { browser } from './browser-scope.ts'

const ALIVE = 'upkeep: alive'

/** A name for a worker that no other one has. */
export function workerName(): string {
  return `upkeep-worker:${Date.now()}-${Math.random().toString(36).slice(2)}`
}

/** In the worker, once. */
export function tellLife(): void {
  const { navigator, name } = browser
  if (navigator.locks === undefined || name === undefined) return
  const forEver = new Promise<void>(() => undefined)
  const hold = (): Promise<void> => {
    browser.postMessage(ALIVE)
    return forEver
  }
  // Without it nobody is told, as where there are no locks.
  navigator.locks.request(name, {}, hold).catch(() => undefined)
}

/** In the page: whether this message of the worker `name` was for here; `onGone` is called when that has ended. */
export function watchLife(name: string, message: unknown, onGone: () => void): boolean {
  if (message !== ALIVE) return false
  browser.navigator.locks?.request(name, {}, async () => onGone()).catch(() => undefined)
  return true
}
