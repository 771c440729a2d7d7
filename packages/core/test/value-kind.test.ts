// The decoder of each kind, with what may really be stored: other stores, other tools and other affinities have written
// it. "Reading never fails and never makes up a value."
import { DECODERS, VALUE_KINDS, type ValueKind } from '@upkeep/core'
import { describe, expect, it } from 'vitest'

const instant = (text: string): Date => new Date(text)

const TABLE: Readonly<Record<ValueKind, readonly (readonly [stored: unknown, value: unknown])[]>> = {
  boolean: [
    [0, false],
    [1, true],
    [0n, false],
    [1n, true],
    ['true', true],
    ['false', false],
    ['t', true],
    ['f', false],
    [true, true],
    [false, false],
    [2, 2],
    [-1, -1],
    [0.5, 0.5],
    ['yes', 'yes'],
    ['', ''],
    ['1', '1'],
  ],
  integer: [
    [5, 5],
    [5n, 5],
    [-5n, -5],
    [9007199254740991n, 9007199254740991],
    [-9007199254740991n, -9007199254740991],
    [9007199254740992n, 9007199254740992n],
    [9007199254740993n, 9007199254740993n],
    ['5', 5],
    ['-5', -5],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    [1.5, 1.5],
    ['1.5', '1.5'],
    ['1e3', '1e3'],
    ['', ''],
    [' 5', ' 5'],
    ['5 apples', '5 apples'],
    ['0x10', '0x10'],
  ],
  float: [
    [1.5, 1.5],
    [5n, 5],
    ['1.5', 1.5],
    ['-1e3', -1000],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['', ''],
    ['  ', '  '],
    ['much', 'much'],
  ],
  decimal: [
    ['1.0', '1.0'],
    ['0.30000000000000000001', '0.30000000000000000001'],
    [1, '1'],
    [1.5, '1.5'],
    [9007199254740993n, '9007199254740993'],
    ['', ''],
  ],
  instant: [
    ['2026-11-20T10:11:12.345Z', instant('2026-11-20T10:11:12.345Z')],
    ['2026-11-20T10:11:12Z', instant('2026-11-20T10:11:12Z')],
    ['2026-11-20T10:11Z', instant('2026-11-20T10:11:00Z')],
    // SQLite's own forms are UTC without saying so; Date.parse would take them for local time.
    ['2026-11-20 10:11:12', instant('2026-11-20T10:11:12Z')],
    ['2026-11-20 10:11:12.345', instant('2026-11-20T10:11:12.345Z')],
    ['2026-11-20T10:11:12', instant('2026-11-20T10:11:12Z')],
    ['2026-11-20', instant('2026-11-20T00:00:00Z')],
    ['2026-11-20 10:11:12+02:00', instant('2026-11-20T08:11:12Z')],
    ['2026-11-20 10:11:12-0530', instant('2026-11-20T15:41:12Z')],
    ['2026-11-20 10:11:12.123456+00:00', instant('2026-11-20T10:11:12.123Z')],
    ['2024-02-29', instant('2024-02-29T00:00:00Z')],
    ['0001-01-01T00:00:00.000Z', instant('0001-01-01T00:00:00.000Z')],
    ['9999-12-31T23:59:59.999Z', instant('9999-12-31T23:59:59.999Z')],
    [0, new Date(0)],
    [1763633472345, new Date(1763633472345)],
    [1763633472345n, new Date(1763633472345)],
    // Not made up: there is no such day, no such time, no such form.
    ['+010000-01-01T00:00:00.000Z', '+010000-01-01T00:00:00.000Z'],
    ['2026-02-30', '2026-02-30'],
    ['2026-02-30T00:00:00.000Z', '2026-02-30T00:00:00.000Z'],
    ['2025-02-29 10:00:00', '2025-02-29 10:00:00'],
    ['2026-13-01', '2026-13-01'],
    ['2026-00-10', '2026-00-10'],
    ['2026-11-20 25:00:00', '2026-11-20 25:00:00'],
    ['2026-11-20 10:61:00', '2026-11-20 10:61:00'],
    ['20 November 2026', '20 November 2026'],
    ['2026', '2026'],
    ['now', 'now'],
    ['12:30:00', '12:30:00'],
    ['', ''],
    [1e300, 1e300],
    [10n ** 18n, 10n ** 18n],
  ],
  json: [
    ['{"a":[1,2,{"b":null}]}', { a: [1, 2, { b: null }] }],
    ['[1]', [1]],
    ['"text"', 'text'],
    ['5', 5],
    ['true', true],
    ['null', null],
    [5, 5],
    [5n, 5],
    [2n ** 53n + 1n, 2n ** 53n + 1n],
    ['{"a":', '{"a":'],
    ['text', 'text'],
    ['', ''],
    [{ already: 'parsed' }, { already: 'parsed' }],
  ],
  bytes: [
    [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    [Buffer.from([1, 2]), new Uint8Array([1, 2])],
    ['text', 'text'],
    [5, 5],
  ],
  text: [
    ['a', 'a'],
    ['', ''],
    [5, '5'],
    [5n, '5'],
    [1.5, '1.5'],
    [new Uint8Array([1]), new Uint8Array([1])],
  ],
}

describe.each(VALUE_KINDS)('%s', (kind) => {
  it.each(TABLE[kind])('%o → %o', (stored, value) => {
    expect(DECODERS[kind](stored)).toStrictEqual(value)
  })

  it('fails for nothing', () => {
    for (const odd of [Number.NaN, -0, '\0', '\ud800', 'x'.repeat(10_000), new Date(0), [], {}, undefined, true]) {
      expect(() => DECODERS[kind](odd)).not.toThrow()
    }
  })
})

it('a window into a larger buffer stays that window', () => {
  const bytes = DECODERS.bytes(Buffer.from([0, 1, 2, 3]).subarray(1, 3)) as Uint8Array
  expect(bytes).toStrictEqual(new Uint8Array([1, 2]))
})

it('JSON of others cannot reach a prototype', () => {
  const value = DECODERS.json('{"__proto__":{"polluted":true}}') as Record<string, unknown>
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
