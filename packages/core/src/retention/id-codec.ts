/**
 * Ids of deleted rows as text and back, the very same: the outbox keeps them in a column of text.
 *
 * It knows the kinds of values that a key can have. It is no general serializer.
 */
import { StoreError } from '../errors/store-error.ts'

/** What JSON has no form of its own for. */
interface Tagged {
  readonly bigint?: string
  readonly number?: string
  readonly bytes?: string
  readonly instant?: string
}

/** @throws UNSUPPORTED for a value that cannot be a key */
export function encodeIds(ids: readonly unknown[]): string {
  return JSON.stringify(ids.map(encodeId))
}

/** What {@link encodeIds} was given. */
export function decodeIds(text: string): unknown[] {
  return (JSON.parse(text) as unknown[]).map(decodeId)
}

function encodeId(id: unknown): string | number | boolean | Tagged {
  switch (typeof id) {
    case 'string':
    case 'boolean':
      return id
    case 'number':
      // JSON has neither the infinities nor -0.
      return Number.isFinite(id) && !Object.is(id, -0) ? id : { number: Object.is(id, -0) ? '-0' : String(id) }
    case 'bigint':
      return { bigint: String(id) }
    default:
      if (id instanceof Uint8Array) return { bytes: toHex(id) }
      if (id instanceof Date) return { instant: id.toISOString() }
      throw new StoreError('UNSUPPORTED', `a key of type ${typeof id} cannot be told to onDeleted`, {
        operation: 'retention',
      })
  }
}

function decodeId(encoded: unknown): unknown {
  if (typeof encoded !== 'object' || encoded === null) return encoded
  const { bigint, number, bytes, instant } = encoded as Tagged
  if (bigint !== undefined) return BigInt(bigint)
  if (number !== undefined) return Number(number)
  if (instant !== undefined) return new Date(instant)
  return fromHex(bytes ?? '')
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  )
}
