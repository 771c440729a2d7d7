// The server's text → values, without a server: what a real one writes is the business of values.test.ts.
import { describe, expect, it } from 'vitest'
import { parseArray } from '../dist/array-text.js'
import { createRowDecoder, decodeComputedDecimal } from '../dist/row-decoder.js'

const field = (dataTypeID: number, tableID = 0, name = 'v') => ({ name, tableID, dataTypeID })
const decode = (oid: number, text: string, tableID = 0): unknown => createRowDecoder([field(oid, tableID)])([text]).v

describe('scalars', () => {
  it('integers are exact', () => {
    expect(decode(20, '9007199254740991')).toBe(9007199254740991)
    expect(decode(20, '9007199254740993')).toBe(9007199254740993n)
    expect(decode(20, '-9223372036854775808')).toBe(-(2n ** 63n))
    expect(decode(23, '-5')).toBe(-5)
  })

  it('floats know what is no number', () => {
    expect(['1.5', 'NaN', '-Infinity'].map((text) => decode(701, text))).toEqual([1.5, Number.NaN, -Infinity])
  })

  it('a decimal that is stored is its text, one that is computed a number where that says the same', () => {
    expect(decode(1700, '10.50', 16384)).toBe('10.50')
    expect(decode(1700, '10.50')).toBe(10.5)
    expect(decodeComputedDecimal('1.5000000000000000')).toBe(1.5)
    expect(decodeComputedDecimal('3.0000')).toBe(3)
    expect(decodeComputedDecimal('100')).toBe(100)
    expect(decodeComputedDecimal('-0.25')).toBe(-0.25)
    expect(decodeComputedDecimal('9007199254740993')).toBe(9007199254740993n)
    expect(decodeComputedDecimal('9007199254740993.0')).toBe(9007199254740993n)
    expect(decodeComputedDecimal('0.33333333333333333333')).toBe('0.33333333333333333333')
    expect(decodeComputedDecimal('NaN')).toBe('NaN')
    expect(decodeComputedDecimal('123456789.123456789123')).toBe('123456789.123456789123')
  })

  it('instants are Dates, with and without an offset; what no Date can be bound as is text', () => {
    expect(decode(1184, '2024-02-29 12:34:56.789+00')).toEqual(new Date('2024-02-29T12:34:56.789Z'))
    expect(decode(1184, '2024-02-29 12:34:56+05:30')).toEqual(new Date('2024-02-29T07:04:56Z'))
    expect(decode(1184, '2024-02-29 12:34:56-03')).toEqual(new Date('2024-02-29T15:34:56Z'))
    expect(decode(1114, '2024-02-29 12:34:56.7')).toEqual(new Date('2024-02-29T12:34:56.700Z'))
    for (const text of ['infinity', '0044-03-15 00:00:00+00 BC', '12024-01-01 00:00:00+00']) {
      expect(decode(1184, text)).toBe(text)
    }
  })

  it('json is parsed, bytes are plain and have memory of their own, a boolean is one', () => {
    expect(decode(3802, '{"a": [1, null]}')).toEqual({ a: [1, null] })
    const bytes = decode(17, '\\x00ff10') as Uint8Array
    expect(bytes).toEqual(new Uint8Array([0, 255, 16]))
    expect([bytes.constructor, bytes.buffer.byteLength]).toEqual([Uint8Array, 3])
    expect([decode(16, 't'), decode(16, 'f')]).toEqual([true, false])
  })

  it('anything else is its text', () => {
    for (const oid of [25, 2950, 1082, 600]) expect(decode(oid, 'as it is')).toBe('as it is')
  })
})

describe('rows', () => {
  it('NULL is null, the last of two columns with one name wins, and a name may be anything', () => {
    const decoder = createRowDecoder([field(25, 0, 'a'), field(23, 0, 'a'), field(25, 0, '__proto__')])
    const row = decoder([null, '1', 'x'])
    expect(Object.entries(row)).toEqual([
      ['a', 1],
      ['__proto__', 'x'],
    ])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    expect(createRowDecoder([field(23)])([null])).toEqual({ v: null })
  })
})

describe('arrays', () => {
  it('of any depth, with quotes, NULL and bounds', () => {
    const text = (element: string): string => element
    expect(parseArray('{}', text)).toEqual([])
    expect(parseArray('{1,2}', Number)).toEqual([1, 2])
    expect(parseArray('{{a,NULL},{"b, c","NULL"}}', text)).toEqual([
      ['a', null],
      ['b, c', 'NULL'],
    ])
    expect(parseArray('{"q\\"uote","back\\\\slash",""}', text)).toEqual(['q"uote', 'back\\slash', ''])
    expect(parseArray('[0:1]={1,2}', Number)).toEqual([1, 2])
  })

  it('their elements are decoded by their type', () => {
    expect(decode(1016, '{9007199254740993,1}')).toEqual([9007199254740993n, 1])
    expect(decode(1009, '{a,b}')).toEqual(['a', 'b'])
  })
})
