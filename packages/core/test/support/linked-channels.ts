// Two ends of a channel in one process: messages are copied, and come in a later microtask, as over a real one.
import type { Channel } from '../../dist/remote/channel.js'

export interface LinkedChannel extends Channel {
  /** Whether somebody waits for the other side. */
  readonly isAwaited: boolean
  /** The other side hears that this one is gone. */
  go(how: string): void
}

export function linkChannels(): readonly [client: LinkedChannel, host: LinkedChannel] {
  const client = new End()
  const host = new End()
  client.other = host
  host.other = client
  return [client, host]
}

class End implements LinkedChannel {
  other: End | undefined
  isAwaited = false
  #isGone = false
  #onMessage: ((message: unknown) => void) | undefined
  #onGone: ((how: string) => void) | undefined

  post(message: unknown): void {
    const copy = structuredClone(message)
    queueMicrotask(() => {
      if (!this.#isGone) this.other?.receive(copy)
    })
  }

  receive(message: unknown): void {
    this.#onMessage?.(message)
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#onMessage = listener
  }

  onGone(listener: (how: string) => void): void {
    this.#onGone = listener
  }

  keepAlive(isAwaited: boolean): void {
    this.isAwaited = isAwaited
  }

  go(how: string): void {
    this.#isGone = true
    this.other?.tellGone(how)
  }

  tellGone(how: string): void {
    this.#onGone?.(how)
  }
}
