/** Dedicated workers of a page. */
import { type RuntimeWorker, SpareWorkers } from './spare-worker.ts'
import { watchLife, workerName } from './worker-life.ts'

interface BrowserWorker {
  postMessage(message: unknown): void
  terminate(): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

declare const Worker: new (url: URL, options: { readonly type: 'module'; readonly name: string }) => BrowserWorker

export const browserWorkers: SpareWorkers = new SpareWorkers(start)

function start(): RuntimeWorker {
  const name = workerName()
  // In this form, which bundlers know.
  const worker = new Worker(new URL('./browser-worker.js', import.meta.url), { type: 'module', name })
  let tellGone: ((how: string) => void) | undefined
  const gone = (how: string): void => {
    tellGone?.(how)
    tellGone = undefined
  }
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener('message', ({ data }) => {
        if (!watchLife(name, data, () => gone('has ended'))) listener(data)
      }),
    onGone(listener) {
      tellGone = listener
      worker.addEventListener('error', () => gone('failed, or could not be loaded'))
    },
    async end() {
      worker.terminate()
      gone('was ended')
    },
  }
}
