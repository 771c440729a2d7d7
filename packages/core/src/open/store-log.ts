/**
 * Any logger an application has → the one shape that the store writes to.
 *
 * Nothing is written here, and nothing is filtered: a logger has its own levels. What may be in a line is the business
 * of whoever writes it.
 */
import type { FieldsFirstLog, LogFields, StoreLog, StoreLogger } from '../contract/log.ts'
import { invalidArgument } from '../errors/store-error.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'
type Write = (message: string, fields: LogFields | undefined) => unknown

/** A console prints every level, so by default it gets what somebody should look at. */
const DEFAULT_LOGGER: StoreLog = {
  warn: (...line) => console.warn(...line),
  error: (...line) => console.error(...line),
}

/**
 * The logger as the store uses it: of the shape of {@link StoreLog} with all its methods, which never throw. One that
 * this has answered is answered again.
 *
 * @throws INVALID_ARGUMENT for what is no logger
 */
export function resolveStoreLog(logger: StoreLogger = DEFAULT_LOGGER): Required<StoreLog> {
  if (logger instanceof ContainedLog) return logger
  assertLogger(logger)
  return new ContainedLog(logger)
}

/** Calls the application's logger, and contains it. */
class ContainedLog implements StoreLog {
  readonly #write: Readonly<Record<Level, Write>>

  constructor(logger: StoreLogger) {
    const isFieldsFirst = wantsFieldsFirst(logger)
    // Called on the logger, which may need its `this`.
    const methods = logger as Partial<Record<Level, (...line: unknown[]) => unknown>>
    const writer = (level: Level): Write =>
      isFieldsFirst
        ? (message, fields = {}) => methods[level]?.(fields, message)
        : (message, fields) => methods[level]?.(...(fields === undefined ? [message] : [message, fields]))
    this.#write = { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') }
  }

  debug(message: string, fields?: LogFields): void {
    this.#tell('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#tell('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#tell('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#tell('error', message, fields)
  }

  #tell(level: Level, message: string, fields: LogFields | undefined): void {
    try {
      const answer = this.#write[level](message, fields)
      // One that writes later fails later, and nobody would catch that.
      if (answer instanceof Promise) answer.catch(() => undefined)
    } catch {
      // There is nowhere left to tell it.
    }
  }
}

/** Pino has `bindings()` and bunyan `fields`; winston has a `child()` too and wants the message first. */
function wantsFieldsFirst(logger: StoreLogger): boolean {
  const { child, bindings, fields } = logger as Partial<FieldsFirstLog>
  return (
    typeof child === 'function' && (typeof bindings === 'function' || (typeof fields === 'object' && fields !== null))
  )
}

function assertLogger(logger: unknown): void {
  const methods = (typeof logger === 'object' || typeof logger === 'function') && logger !== null ? logger : {}
  const method = (level: Level): unknown => (methods as Partial<Record<Level, unknown>>)[level]
  const isMissing = typeof method('warn') !== 'function' || typeof method('error') !== 'function'
  const isWrong = [method('debug'), method('info')].some((one) => one !== undefined && typeof one !== 'function')
  if (isMissing || isWrong) {
    throw invalidArgument('logger must have the methods warn and error, and may have debug and info', 'open')
  }
}
