/** Dedicated workers of a page. */
import { type RuntimeWorker, SpareWorkers } from './spare-worker.ts'

interface BrowserWorker {
  postMessage(message: unknown): void
  terminate(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

declare const Worker: new (url: URL, options: { readonly type: 'module'; readonly name: string }) => BrowserWorker

export const browserWorkers: SpareWorkers = new SpareWorkers(start)

function start(): RuntimeWorker {
  // In this form, which bundlers know.
  const worker = new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module', name: 'upkeep' })
  // Nobody tells that it has ended.
  let tellGone: ((how: string) => void) | undefined
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onGone(listener) {
      tellGone = listener
      worker.addEventListener('error', () => listener('failed, or could not be loaded'))
    },
    async end() {
      worker.terminate()
      tellGone?.('was ended')
    },
  }
}
