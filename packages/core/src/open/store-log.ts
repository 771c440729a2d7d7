/**
 * Any logger an application has → the one shape that the store writes to.
 *
 * Nothing is written here, and nothing is filtered: a logger has its own levels. What may be in a line is the business
 * of whoever writes it.
 */
import type { FieldsFirstLog, LogFields, StoreLog, StoreLogger } from '../contract/log.ts'
import { invalidArgument } from '../errors/store-error.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'
type Write = (message: string, fields?: LogFields) => void

/** A console prints every level, so by default it gets what somebody should look at. */
const DEFAULT_LOGGER: StoreLog = {
  warn: (...line) => console.warn(...line),
  error: (...line) => console.error(...line),
}

const RESOLVED = new WeakSet<object>()

/**
 * The logger as the store uses it: of the shape of {@link StoreLog} with all its methods, which never throw. One that
 * this has answered is answered again.
 *
 * @throws INVALID_ARGUMENT for what is no logger
 */
export function resolveStoreLog(logger: StoreLogger = DEFAULT_LOGGER): Required<StoreLog> {
  if (RESOLVED.has(logger)) return logger as Required<StoreLog>
  assertLogger(logger)
  const write = wantsFieldsFirst(logger) ? fieldsFirst : messageFirst
  const log = Object.freeze({
    debug: contained(write(logger, 'debug')),
    info: contained(write(logger, 'info')),
    warn: contained(write(logger, 'warn')),
    error: contained(write(logger, 'error')),
  })
  RESOLVED.add(log)
  return log
}

/** Called on the logger, which may need its `this`. */
type Methods = { readonly [L in Level]?: (...line: unknown[]) => unknown }

function messageFirst(logger: object, level: Level): (...line: Parameters<Write>) => unknown {
  return (message, fields) => {
    const line = fields === undefined ? [message] : [message, fields]
    return (logger as Methods)[level]?.(...line)
  }
}

function fieldsFirst(logger: object, level: Level): (...line: Parameters<Write>) => unknown {
  return (message, fields = {}) => (logger as Methods)[level]?.(fields, message)
}

/** A logger that fails must not break what it was told of. */
function contained(write: (...line: Parameters<Write>) => unknown): Write {
  return (message, fields) => {
    try {
      const answer = write(message, fields)
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
