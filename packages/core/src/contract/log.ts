/** The logger a store writes to. */

/**
 * Where a store tells what nobody awaits; `console` fits. Gets a message and fields, never bound values or credentials.
 */
export interface StoreLog {
  /** Not called yet. */
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Not called yet. */
  info?(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Something was not as it should be and the store went on: a close that was not clean, a callback that threw. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** Not called yet: what fails is told by rejecting. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}
