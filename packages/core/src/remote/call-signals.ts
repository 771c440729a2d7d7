/**
 * Signals on their way to the other side: an abort follows its call as a note, and is also shown where an engine can see
 * it that is busy and reads no notes. What comes back has lost the signal's reason on the way; here it is put back.
 */
import { abortError, onceAborted } from '../abort/abort-error.ts'
import { isStoreError, StoreError, serializeStoreError } from '../errors/store-error.ts'
import type { AbortNote } from './engine-calls.ts'
import type { Notes } from './side-channel.ts'

/** Shows aborts to an engine in the middle of a statement. */
export interface CallStopper {
  /** Whatever it needs for a call with this signal. */
  token(signal: AbortSignal | undefined): unknown
  /** What the host has to know of a token to see that the signal aborts; goes with the call. */
  shown(token: unknown): unknown
  /** Call `id`, whose `token` it is, is to stop. Called once. */
  stop(id: number, token: unknown): void
  /** The call is settled, and its token of no use any more. */
  settled(token: unknown): void
}

/** What a statement that was stopped in the middle says; why, only the other side knows. */
export const STOPPED = 'the statement was stopped'

/** Follows `signal` for call `id` until the answer is called. */
export function forwardAbort(
  { id, token, note }: { readonly id: number; readonly token: unknown; readonly note: 'abort' | 'abortSession' },
  signal: AbortSignal,
  notes: Notes,
  stopper: CallStopper | undefined,
  onStopped?: () => void,
): () => void {
  return onceAborted(signal, () => {
    if (note === 'abort') stopper?.stop(id, token)
    const reason = serializeStoreError(abortError(signal, 'query'))
    notes.send(note, { id, reason } satisfies AbortNote)
    onStopped?.()
  })
}

/** What an engine said on the other side. */
class EngineSaid extends Error {
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/**
 * `error` as it would be without a boundary: with the reason that it was stopped for, if it was, and with what the engine
 * said as its cause, if it said something.
 */
export function withReason(error: unknown, reason: StoreError | undefined, said: string | undefined): unknown {
  if (!isStoreError(error)) return error
  return reasonOf(error, reason) ?? withCause(error, said)
}

function withCause(error: StoreError, said: string | undefined): StoreError {
  const { code, message, operation, nativeCode, kind } = error
  if (said === undefined) return error
  const cause = new EngineSaid(said, nativeCode ?? code)
  return new StoreError(code, message, { operation, nativeCode, kind, cause })
}

/** `undefined` where the reason has nothing to do with it. */
function reasonOf(error: StoreError, reason: StoreError | undefined): StoreError | undefined {
  if (reason === undefined) return undefined
  if (error.code === 'ABORTED' && error.message === STOPPED) return reason
  if (error.code === 'ABORTED' && error.message.endsWith(STOPPED)) return again(error, reason)
  if (error.code !== reason.code || error.nativeCode !== reason.nativeCode) return undefined
  return error.message === reason.message ? reason : again(error, reason)
}

function again({ message, operation }: StoreError, { code, cause }: StoreError): StoreError {
  return new StoreError(code, message, { operation, cause })
}
