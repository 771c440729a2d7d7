/** The logger a store writes to, in the two shapes that loggers have. */

/** What a line is about: codes, names and numbers, never a bound value or a credential. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where a store tells what nobody awaits. `console`, winston and the like fit as they are. */
export interface StoreLog {
  /** What went well: a store was opened or closed, maintenance has ended. */
  debug?(message: string, fields?: LogFields): void
  /** Not called by the store; for tasks and services, which write to the same logger. */
  info?(message: string, fields?: LogFields): void
  /** Something was not as it should be and the store went on: a close that was not clean, a callback that threw. */
  warn(message: string, fields?: LogFields): void
  /** Not called by the store: what fails is told by rejecting. For tasks and services. */
  error(message: string, fields?: LogFields): void
}

/** Called as `(fields, message)`. With a call signature the methods of a logger written in place would have no types. */
export type FieldsFirstMethod = Pick<CallableFunction, 'call'>

/** A logger that wants the fields first, as pino and bunyan do: told by `child` and `bindings`, or by `child` and `fields`. */
export interface FieldsFirstLog {
  /** See {@link StoreLog.debug}. */
  readonly debug?: FieldsFirstMethod
  /** See {@link StoreLog.info}. */
  readonly info?: FieldsFirstMethod
  /** See {@link StoreLog.warn}. */
  readonly warn: FieldsFirstMethod
  /** See {@link StoreLog.error}. */
  readonly error: FieldsFirstMethod
  /** Never called. */
  child(...options: any[]): unknown
  /** Pino's; never called. */
  bindings?(): unknown
  /** Bunyan's; never read. */
  readonly fields?: unknown
}

/** Any logger that a store can write to. What it throws or rejects with is ignored: a logger cannot break a store. */
export type StoreLogger = StoreLog | FieldsFirstLog
