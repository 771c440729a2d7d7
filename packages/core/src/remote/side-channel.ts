/**
 * Two conversations over one {@link Channel}: calls and their answers, and notes that belong to no call (the time, a line
 * of the log, how far something is). Both keep the order in which they were sent.
 */
import type { Channel } from './channel.ts'

/** The notes: each has the name of who takes it. */
export interface Notes {
  send(name: string, value: unknown): void
  /** Set before the first one can come. One that nobody takes is dropped. */
  on(name: string, listener: (value: any) => void): void
}

interface Note {
  readonly note: string
  readonly value: unknown
}

/** `beforePost` is called before each call or answer is sent: what it notes arrives before it. */
export function splitChannel(
  channel: Channel,
  beforePost?: (notes: Notes) => void,
): { readonly calls: Channel; readonly notes: Notes } {
  const listeners = new Map<string, (value: any) => void>()
  let onMessage: ((message: unknown) => void) | undefined
  channel.onMessage((message) => {
    const { note, value } = message as Note
    if (note === undefined) onMessage?.(message)
    else listeners.get(note)?.(value)
  })
  const notes: Notes = {
    send: (note, value) => channel.post({ note, value } satisfies Note),
    on: (name, listener) => void listeners.set(name, listener),
  }
  const calls: Channel = {
    post(message) {
      beforePost?.(notes)
      channel.post(message)
    },
    onMessage(listener) {
      onMessage = listener
    },
    onGone: (listener) => channel.onGone(listener),
    keepAlive: (isAwaited) => channel.keepAlive?.(isAwaited),
  }
  return { calls, notes }
}
