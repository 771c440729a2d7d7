/** The logger a store writes to. */

/**
 * Any object of this shape, `console` for one. Neither bound values nor credentials are ever passed to it.
 */
export interface StoreLog {
  debug?(message: string, fields?: Readonly<Record<string, unknown>>): void
  info?(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}
