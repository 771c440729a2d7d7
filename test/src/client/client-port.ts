/**
 * How the suite talks to a store in another process: a port that carries structured-cloneable messages, which the
 * harness makes of whatever its runtime has (`process.send`, a MessagePort, a worker).
 */

/** One end of the connection. Messages arrive in order. */
export interface ClientPort {
  /** Sends a message by structured clone: dates and bigints travel. */
  send(message: unknown): void
  /** Calls `listener` for each message from the other end. */
  onMessage(listener: (message: unknown) => void): void
}

/** From the test to the client. */
export interface ClientRequest {
  /** Comes back in the response. */
  readonly id: number
  /** The name of what to do. */
  readonly script: string
  /** What to do it with. */
  readonly args: Readonly<Record<string, unknown>>
}

/** From the client to the test; `id` 0 says that the store is open. */
export interface ClientResponse {
  /** Of the request that it answers. */
  readonly id: number
  /** What the script gave. */
  readonly value?: unknown
  /** Why it failed; then there is no value. */
  readonly error?: { readonly code: string; readonly message: string } | undefined
}
