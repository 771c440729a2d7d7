/**
 * How the suite talks to a store in another process: a port that carries structured-cloneable messages, which the
 * harness makes of whatever its runtime has (`process.send`, a MessagePort, a worker).
 */

/** One end of the connection. Messages arrive in order. */
export interface ClientPort {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
}

/** From the test to the client. */
export interface ClientRequest {
  readonly id: number
  readonly script: string
  readonly args: Readonly<Record<string, unknown>>
}

/** From the client to the test; `id` 0 says that the store is open. */
export interface ClientResponse {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string } | undefined
}
