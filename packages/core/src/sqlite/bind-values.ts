/**
 * JavaScript values → what SQLite can bind. Everything is checked before anything runs.
 *
 * Safe integers become bigints: drivers bind a plain number as REAL, and `5 / 2` would be 2.5 here and 2 elsewhere.
 */
import { invalidArgument, type StoreError } from '../errors/store-error.ts'
import { JsonValue } from '../values/json-value.ts'

/** Other years are written with a sign and six digits, and would not sort. */
const ISO_LENGTH = '2000-01-01T00:00:00.000Z'.length

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** The bound form of all parameters. @throws INVALID_ARGUMENT, naming the position and never the value */
export function bindParameters(parameters: readonly unknown[]): unknown[] {
  const bound = new Array<unknown>(parameters.length)
  for (let index = 0; index < parameters.length; index++) {
    const value = parameters[index]
    bound[index] = bindValue(value, index)
  }
  return bound
}

function bindValue(value: unknown, index: number): unknown {
  switch (typeof value) {
    case 'string':
      // SQLite stores UTF-8, which has no half a character: it would come back as another text.
      if (!value.isWellFormed()) throw refuse(index, 'is a string with half a surrogate pair')
      return value
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value)
      if (Number.isNaN(value)) throw refuse(index, 'is NaN')
      return value
    case 'bigint':
      if (value < INT64_MIN || value > INT64_MAX) throw refuse(index, 'is a bigint beyond 64 bits')
      return value
    case 'boolean':
      return value ? 1n : 0n
    case 'object':
      return value === null ? null : bindObject(value, index)
    default:
      throw refuse(index, value === undefined ? 'is undefined; write null for SQL NULL' : `is a ${typeof value}`)
  }
}

function bindObject(value: object, index: number): unknown {
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw refuse(index, 'is an invalid Date')
    const text = value.toISOString()
    if (text.length !== ISO_LENGTH) throw refuse(index, 'is a Date beyond the years 0 to 9999')
    return text
  }
  if (value instanceof JsonValue) return toJson(value.value, index)
  if (Array.isArray(value)) throw refuse(index, 'is an array; write json(array) to store it as JSON')
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return toJson(value, index)
  throw refuse(index, `is a ${className(prototype)}, which has no SQL value`)
}

/** Of its class: the object itself may have anything under this name. */
function className(prototype: object): string {
  const itsClass: unknown = prototype.constructor
  return typeof itsClass === 'function' && itsClass.name !== '' ? itsClass.name : 'class instance'
}

function toJson(value: unknown, index: number): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    throw refuse(index, 'cannot be written as JSON')
  }
  if (text === undefined) throw refuse(index, 'cannot be written as JSON')
  return text
}

function refuse(index: number, what: string): StoreError {
  return invalidArgument(`parameter ${index + 1} ${what}`, 'query')
}
