/**
 * Rows of the server → rows of the contract: text by type, for our own clients only. Nothing is set on `pg` itself.
 *
 * A value that does not look like its type is given as the server wrote it: reading never fails.
 * Source: https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
 */
import { parseArray } from './array-text.ts'
import type { PgField } from './pg-client.ts'

/** Turns the server's text, never NULL, into a value. */
export type TextDecoder = (text: string) => unknown

/** Rows as they are decoded. */
export type RowDecoder = (values: readonly (string | null)[]) => Record<string, unknown>

/** `YYYY-MM-DD HH:MM:SS`, a fraction, an offset; other years and `infinity` have no Date that could be bound again. */
const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(:?\d\d)?$/

function decodeInteger(text: string): unknown {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

function decodeInstant(text: string): unknown {
  const parts = INSTANT.exec(text)
  if (parts === null) return text
  const [, day, time, hours, minutes = ':00'] = parts
  const offset = hours === undefined ? 'Z' : `${hours}${minutes.startsWith(':') ? '' : ':'}${minutes}`
  const date = new Date(`${day}T${time}${offset}`)
  return Number.isNaN(date.getTime()) ? text : date
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** In memory of its own: a Buffer's would be shared with others. */
function decodeBytes(text: string): unknown {
  if (!text.startsWith('\\x')) return text
  const bytes = new Uint8Array((text.length - 2) / 2)
  Buffer.from(bytes.buffer).write(text.slice(2), 'hex')
  return bytes
}

/** `NaN` and the infinities stay text, as they do where they are stored. */
const DECIMAL = /^-?\d+(?:\.\d+)?$/

/** A decimal that was computed: a number where it says the very same, a bigint where it is whole, else its text. */
export function decodeComputedDecimal(text: string): unknown {
  if (!DECIMAL.test(text)) return text
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text
  const number = Number(short)
  if (String(number) === short && (Number.isSafeInteger(number) || !Number.isInteger(number))) return number
  return /^-?\d+$/.test(short) ? BigInt(short) : text
}

const BOOLEAN: TextDecoder = (text) => text === 't'
const FLOAT: TextDecoder = Number

/** By OID; what is not here is text. Source: pg_type.dat of the server's sources. */
const SCALARS: ReadonlyMap<number, TextDecoder> = new Map([
  [16, BOOLEAN],
  [17, decodeBytes],
  [20, decodeInteger],
  [21, Number],
  [23, Number],
  [26, Number],
  [114, decodeJson],
  [700, FLOAT],
  [701, FLOAT],
  [1114, decodeInstant],
  [1184, decodeInstant],
  [3802, decodeJson],
  [5069, decodeInteger],
])

const AS_TEXT: TextDecoder = (text) => text

/** OIDs of arrays → those of their elements. */
const ARRAYS: ReadonlyMap<number, number> = new Map([
  [199, 114],
  [1000, 16],
  [1001, 17],
  [1002, 18],
  [1003, 19],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1014, 1042],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1115, 1114],
  [1182, 1082],
  [1185, 1184],
  [1231, 1700],
  [2951, 2950],
  [3807, 3802],
])

const NUMERIC_OID = 1700

/** The decoder of a column; `undefined` where its text is its value. */
function decoderOf({ dataTypeID, tableID }: PgField): TextDecoder | undefined {
  // What is stored is a decimal and stays one; what was computed is a number, as it is elsewhere.
  if (dataTypeID === NUMERIC_OID) return tableID === 0 ? decodeComputedDecimal : undefined
  const scalar = SCALARS.get(dataTypeID)
  if (scalar !== undefined) return scalar
  const element = ARRAYS.get(dataTypeID)
  return element === undefined ? undefined : (text) => parseArray(text, SCALARS.get(element) ?? AS_TEXT)
}

/** A decoder for rows of `fields`. Of two columns with one name the last wins. */
export function createRowDecoder(fields: readonly PgField[]): RowDecoder {
  const names = fields.map(({ name }) => name)
  const decoders = fields.map(decoderOf)
  // Assigned, it would be the row's prototype.
  if (names.includes('__proto__')) return (values) => Object.fromEntries(entriesOf(names, decoders, values))
  return (values) => {
    const row: Record<string, unknown> = {}
    for (let index = 0; index < names.length; index++) {
      const text = values[index] as string | null
      const decode = decoders[index]
      row[names[index] as string] = decode === undefined || text === null ? text : decode(text)
    }
    return row
  }
}

function entriesOf(
  names: readonly string[],
  decoders: readonly (TextDecoder | undefined)[],
  values: readonly (string | null)[],
): [string, unknown][] {
  return names.map((name, index) => {
    const text = values[index] as string | null
    return [name, text === null ? null : (decoders[index]?.(text) ?? text)]
  })
}
