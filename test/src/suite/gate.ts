/** Explicit gates, so that a test decides what happens when instead of sleeping. */

/** A door that is opened once. */
export interface Gate {
  /** Resolves when it is open. */
  readonly opened: Promise<void>
  readonly isOpen: boolean
  open(): void
}

/** A closed {@link Gate}. */
export function createGate(): Gate {
  let isOpen = false
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = () => {
      isOpen = true
      resolve()
    }
  })
  return {
    opened,
    get isOpen() {
      return isOpen
    },
    open: () => open(),
  }
}

/** A promise together with whether it has settled. */
export interface Tracked<T> {
  readonly promise: Promise<T>
  readonly settled: boolean
}

/** Follows `promise`; its rejection is no longer an unhandled one. */
export function track<T>(promise: Promise<T>): Tracked<T> {
  let settled = false
  const settle = (): void => {
    settled = true
  }
  promise.then(settle, settle)
  return {
    promise,
    get settled() {
      return settled
    },
  }
}

/** Lets what is ready run: some turns of the event loop, no waiting. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => void setTimeout(resolve, 0))
}

/** Lets `count` microtasks pass, and the event loop not turn. */
export async function microtasks(count: number): Promise<void> {
  for (let task = 0; task < count; task++) await undefined
}

/** Waits for `holds` without a turn of the event loop, for as long as that can bring it. */
export async function soon(holds: () => boolean): Promise<void> {
  while (!holds()) {
    for (let task = 0; task < 100 && !holds(); task++) await undefined
    if (!holds()) await turns(1)
  }
}

/** A signal that is aborted already. */
export function abortedSignal(reason?: unknown): AbortSignal {
  const controller = new AbortController()
  controller.abort(reason)
  return controller.signal
}
