/**
 * Several signals as one, for as long as it is needed.
 *
 * What `AbortSignal.any` cannot do is let go: Node keeps a joined signal that was listened to until the garbage
 * collector comes round to it, and under load a process grows by a hundred megabytes. These listeners go when told.
 */

import { onceAborted } from './abort-error.ts'

/** A signal to work under, to be disposed of when the work has settled. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal
}

/** Aborts with the first of `signals`, for its reason; a single one is taken as it is. */
export function joinSignals(signals: readonly AbortSignal[]): JoinedSignal {
  const [only] = signals
  if (signals.length === 1 && only !== undefined) return { signal: only, [Symbol.dispose]: () => undefined }
  const controller = new AbortController()
  const leave = signals.map((signal) => onceAborted(signal, () => controller.abort(signal.reason)))
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const one of leave) one()
    },
  }
}
