/**
 * Which parameters there are, whatever the engine: the checks that every backend makes before anything runs.
 *
 * How booleans and numbers are bound differs, so each engine has its own switch over these.
 */
import { invalidArgument, type StoreError } from '../errors/store-error.ts'
import { JsonValue } from './json-value.ts'

/** Other years are written with a sign and six digits, and would not sort. */
const ISO_LENGTH = '2000-01-01T00:00:00.000Z'.length

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Databases store UTF-8, which has no half a character: it would come back as another text. @throws INVALID_ARGUMENT */
export function assertTextParameter(value: string, index: number): void {
  if (!value.isWellFormed()) throw refuseParameter(index, 'is a string with half a surrogate pair')
}

/** @throws INVALID_ARGUMENT */
export function assertBigintParameter(value: bigint, index: number): void {
  if (value < INT64_MIN || value > INT64_MAX) throw refuseParameter(index, 'is a bigint beyond 64 bits')
}

/** Bytes as they are, an instant and JSON as their text. @throws INVALID_ARGUMENT for any other object */
export function objectParameter(value: object, index: number): Uint8Array | string {
  if (value instanceof Uint8Array) return value
  if (value instanceof Date) return instantText(value, index)
  if (value instanceof JsonValue) return jsonText(value.value, index)
  if (Array.isArray(value)) throw refuseParameter(index, 'is an array; write json(array) to store it as JSON')
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return jsonText(value, index)
  throw refuseParameter(index, `is a ${className(prototype)}, which has no SQL value`)
}

/** What nothing can be made of: `undefined`, functions, symbols. */
export function refuseOddParameter(value: unknown, index: number): StoreError {
  const what = value === undefined ? 'is undefined; write null for SQL NULL' : `is a ${typeof value}`
  return refuseParameter(index, what)
}

/** Names the position and never the value. */
export function refuseParameter(index: number, what: string): StoreError {
  return invalidArgument(`parameter ${index + 1} ${what}`, 'query')
}

function instantText(value: Date, index: number): string {
  if (Number.isNaN(value.getTime())) throw refuseParameter(index, 'is an invalid Date')
  const text = value.toISOString()
  if (text.length !== ISO_LENGTH) throw refuseParameter(index, 'is a Date beyond the years 0 to 9999')
  return text
}

/** Of its class: the object itself may have anything under this name. */
function className(prototype: object): string {
  const itsClass: unknown = prototype.constructor
  return typeof itsClass === 'function' && itsClass.name !== '' ? itsClass.name : 'class instance'
}

function jsonText(value: unknown, index: number): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    throw refuseParameter(index, 'cannot be written as JSON')
  }
  if (text === undefined) throw refuseParameter(index, 'cannot be written as JSON')
  return text
}
