// A signal that knows how many listen to it: what an operation leaves behind.

export interface CountedSignal {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
  listeners(): number
}

export function countedSignal(): CountedSignal {
  const controller = new AbortController()
  const { signal } = controller
  const listening = new Set<unknown>()
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening.add(args[1])
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening.delete(args[1])
    remove(...args)
  }
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => listening.size }
}
