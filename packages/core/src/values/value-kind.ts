/**
 * The kinds of values that are the same on every backend, and how a stored value becomes one.
 *
 * A value that does not look like its kind is returned as it was stored: reading never fails and never makes up a
 * value. Encoding is each backend's own.
 */

/** What a column holds, whatever the engine calls its type. */
export type ValueKind = 'boolean' | 'integer' | 'float' | 'decimal' | 'instant' | 'json' | 'bytes' | 'text'

/** Every {@link ValueKind}. */
export const VALUE_KINDS: readonly ValueKind[] = [
  'boolean',
  'integer',
  'float',
  'decimal',
  'instant',
  'json',
  'bytes',
  'text',
]

/** ISO-8601 and SQLite's own `YYYY-MM-DD HH:MM:SS`, which is UTC without saying so. */
const INSTANT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/

function decodeBoolean(value: unknown): unknown {
  switch (value) {
    case 0:
    case 0n:
    case 'false':
    case 'f':
      return false
    case 1:
    case 1n:
    case 'true':
    case 't':
      return true
    default:
      return value
  }
}

/** A number where it is exact, else the bigint. */
export function decodeInteger(value: unknown): unknown {
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) return decodeInteger(BigInt(value))
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function decodeFloat(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value)
  return value
}

function decodeDecimal(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
}

/** Date makes up the 2nd of March for the 30th of February. */
function isDay(text: string | undefined): boolean {
  const midnight = new Date(`${text}T00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().slice(0, 10) === text
}

function decodeInstant(value: unknown): unknown {
  if (typeof value === 'string') {
    const parts = INSTANT.exec(value)
    if (parts === null) return value
    const date = new Date(`${parts[1]}T${parts[2] ?? '00:00'}${parts[3] ?? 'Z'}`)
    return Number.isNaN(date.getTime()) || !isDay(parts[1]) ? value : date
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    const date = new Date(Number(value))
    return Number.isNaN(date.getTime()) ? value : date
  }
  return value
}

function decodeJson(value: unknown): unknown {
  if (typeof value === 'bigint') return decodeInteger(value)
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Node's Buffer is a view like any other here: same bytes, plain class. */
export function decodeBytes(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || value.constructor === Uint8Array) return value
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** Turns a stored value, never `null`, into its kind. */
export type Decoder = (value: unknown) => unknown

/** The decoder of each kind. */
export const DECODERS: Readonly<Record<ValueKind, Decoder>> = {
  boolean: decodeBoolean,
  integer: decodeInteger,
  float: decodeFloat,
  decimal: decodeDecimal,
  instant: decodeInstant,
  json: decodeJson,
  bytes: decodeBytes,
  text: (value) => (typeof value === 'number' || typeof value === 'bigint' ? String(value) : value),
}
