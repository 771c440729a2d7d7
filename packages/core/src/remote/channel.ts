/**
 * Two sides that send each other messages: a thread's port, the pipe of a child process, a web worker.
 *
 * It knows nothing of what they say; see messages.ts.
 */

/** One side. Messages are such as structured clone can copy, and arrive in their order. */
export interface Channel {
  /** Sends a message. Does nothing once the other side has gone. */
  post(message: unknown): void
  /** Called for each message of the other side. Set once, before the first one can come. */
  onMessage(listener: (message: unknown) => void): void
  /** Called once, when the other side has gone; `how` says it for people, e.g. `ended with SIGKILL`. */
  onGone(listener: (how: string) => void): void
  /** Whether somebody waits for the other side: then it keeps the process alive. Absent where nothing does. */
  keepAlive?(isAwaited: boolean): void
}
