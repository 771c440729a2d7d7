/**
 * A secret to plant, and a search for it in whatever comes out: in every property, also hidden ones, and in the forms
 * that a text takes when it is quoted, encoded or dumped.
 *
 * It finds the secret where it stands. It does not find what was encrypted, compressed or cut in pieces.
 */

/** Letters and digits only, so that quoting, escaping and percent-encoding leave it as it is. */
const MARKER = 'Qz7plantedSecretKx4'

/** A text that every way of quoting has to change. */
export const PLANTED_TEXT: string = `${MARKER}'"\\%/ü\n${MARKER}`

/** The same as bytes. */
export const PLANTED_BYTES: Uint8Array = bytesOf(MARKER)

/** A number that comes up nowhere else; also in {@link PLANTED_BIGINT}. */
export const PLANTED_NUMBER = 918_273_645_546_372

/** Larger than 64 bits. */
export const PLANTED_BIGINT: bigint = BigInt(PLANTED_NUMBER) * 10n ** 8n

const HEX = [...PLANTED_BYTES].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** What the secret looks like; compared without regard to case, blanks and separators of hex dumps. */
const FORMS: readonly string[] = [
  MARKER,
  HEX,
  `${PLANTED_NUMBER}`,
  [...PLANTED_BYTES].join(),
  ...[0, 1, 2].map((shift) => base64Core(PLANTED_BYTES, shift)),
].map((form) => form.toLowerCase())

/** Every text in `value` that holds the secret, cut short. What stands under a name in `except` is not looked at. */
export function findPlanted(value: unknown, except: readonly string[] = []): string[] {
  return textsOf(value, new Set(except), new Set())
    .filter(holdsPlanted)
    .map((text) => text.slice(0, 200))
}

function holdsPlanted(text: string): boolean {
  const lower = text.toLowerCase()
  const dense = lower.replace(/[\s:_-]/g, '')
  return FORMS.some((form) => lower.includes(form) || dense.includes(form))
}

function textsOf(value: unknown, except: ReadonlySet<string>, seen: Set<object>): string[] {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return [String(value)]
  if (seen.has(value)) return []
  seen.add(value)
  if (value instanceof Uint8Array) return [[...value].join()]
  const inner: unknown[] = value instanceof Map || value instanceof Set ? [...value].flat() : []
  for (const key of Reflect.ownKeys(value)) {
    if (except.has(String(key))) continue
    inner.push(String(key), readQuietly(value, key))
  }
  return inner.flatMap((one) => textsOf(one, except, seen))
}

function readQuietly(value: object, key: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown>)[key]
  } catch {
    return undefined
  }
}

function bytesOf(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0))
}

/** What base64 of a text that has `bytes` anywhere in it has too, if `shift` bytes stand before them in their group. */
function base64Core(bytes: Uint8Array, shift: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const bits = [...new Uint8Array(shift), ...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{6}/g) ?? []
  // The first characters also hold what stands before, and the last what comes after.
  return groups
    .slice(Math.ceil((shift * 8) / 6))
    .map((group) => alphabet[Number.parseInt(group, 2)])
    .join('')
}
