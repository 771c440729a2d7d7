/** The logger a store writes to. */

/**
 * Any object of this shape: `console`, and pino with its arguments the other way round through {@link fromPino}-like
 * adapters. Neither bound values nor credentials are ever passed to it.
 */
export interface StoreLog {
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void
  info?(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}
