/** The worker's side of {@link SignalUrls}: asks from within a statement whether a URL can still be read. */
import type { HostContext } from '@upkeep/core/sqlite'
import { browser } from './browser-scope.ts'
import type { StopProbe } from './progress-stopper.ts'

/** Between two questions, each of which takes a while itself. */
const EVERY_MS = 20

/** Whether it works here: a content security policy may forbid it. `url` can be read. */
export function canProbe(url: string): boolean {
  return isReadable(url)
}

export function createUrlProbe(): StopProbe {
  let askedMs = 0
  let running: HostContext | undefined
  return (ctx) => {
    if (typeof ctx.stop !== 'string') return false
    const nowMs = performance.now()
    // A statement that is short is never asked about.
    if (running !== ctx) askedMs = nowMs
    running = ctx
    if (nowMs - askedMs < EVERY_MS) return false
    const isStopped = !isReadable(ctx.stop)
    askedMs = performance.now()
    return isStopped
  }
}

function isReadable(url: string): boolean {
  try {
    const request = browser.XMLHttpRequest && new browser.XMLHttpRequest()
    request?.open('GET', url, false)
    request?.send()
    return request?.status === 200
  } catch {
    return false
  }
}
