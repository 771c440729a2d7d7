// What SQLite is given for each JavaScript value, and what is refused before anything runs. That the values come back
// as they went in is the suite's.
import vm from 'node:vm'
import { json } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { bindParameters } from '../../dist/sqlite/bind-values.js'
import { failureOf } from '../support/outcome.ts'

const bind = (value: unknown): unknown => bindParameters([value])[0]

class Point {
  x = 1
}

describe('bound', () => {
  const date = new Date('2026-11-20T10:11:12.345Z')
  it.each<[string, unknown, unknown]>([
    ['null', null, null],
    ['text', 'a', 'a'],
    ['empty text', '', ''],
    ['text with a NUL', 'a\0b', 'a\0b'],
    ['an emoji', '👩‍👩‍👧', '👩‍👩‍👧'],
    ['true', true, 1n],
    ['false', false, 0n],
    ['an integer, as one: as REAL, 5 / 2 would be 2.5', 5, 5n],
    ['minus zero', -0, 0n],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, 9007199254740991n],
    ['the smallest safe integer', Number.MIN_SAFE_INTEGER, -9007199254740991n],
    ['a number beyond: it is not known which integer it is', 2 ** 53, 2 ** 53],
    ['a fraction', 1.5, 1.5],
    ['a number that looks whole and is huge', 1e300, 1e300],
    ['infinity', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['a bigint', 5n, 5n],
    ['the largest', 2n ** 63n - 1n, 2n ** 63n - 1n],
    ['the smallest', -(2n ** 63n), -(2n ** 63n)],
    ['a Date', date, '2026-11-20T10:11:12.345Z'],
    ['the first Date', new Date('0000-01-01T00:00:00.000Z'), '0000-01-01T00:00:00.000Z'],
    ['the last', new Date('9999-12-31T23:59:59.999Z'), '9999-12-31T23:59:59.999Z'],
    ['a Date before 1970', new Date(-1), '1969-12-31T23:59:59.999Z'],
    ['an object', { a: [1, 'x', null] }, '{"a":[1,"x",null]}'],
    ['an empty object', {}, '{}'],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['an object of another realm', vm.runInNewContext('({ a: 1 })'), '{"a":1}'],
    ['json of an array', json([1, 2]), '[1,2]'],
    ['json of text', json('a'), '"a"'],
    ['json of null', json(null), 'null'],
    ['json of a number', json(5), '5'],
    ['json of a Date', json(date), '"2026-11-20T10:11:12.345Z"'],
  ])('%s', (_what, value, bound) => {
    expect(bind(value)).toStrictEqual(bound)
  })

  it('bytes as they are: also a Buffer, also a window into a larger buffer', () => {
    const bytes = new Uint8Array([0, 1, 2, 255])
    const buffer = Buffer.from('x')
    expect(bind(bytes)).toBe(bytes)
    expect(bind(buffer)).toBe(buffer)
    expect(bind(bytes.subarray(1, 3))).toStrictEqual(new Uint8Array([1, 2]))
  })

  it('all of them, in their places, and the list is not changed', () => {
    const parameters = Object.freeze([1, 'a', null, true])
    expect(bindParameters(parameters)).toEqual([1n, 'a', null, 1n])
    expect(bindParameters([])).toEqual([])
  })
})

describe('refused', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['a bigint beyond 64 bits', 2n ** 63n],
    ['a bigint below 64 bits', -(2n ** 63n) - 1n],
    ['an invalid Date', new Date(Number.NaN)],
    ['a Date after the year 9999, which sorts before the others', new Date('+010000-01-01T00:00:00.000Z')],
    ['a Date before the year 0', new Date('-000001-12-31T23:59:59.999Z')],
    ['a Date of another realm', vm.runInNewContext('new Date(0)')],
    ['a bare array', [1, 2]],
    ['an empty array', []],
    ['an array of another realm', vm.runInNewContext('[1]')],
    ['a function', () => 5],
    ['a symbol', Symbol('x')],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a RegExp', /x/],
    ['an Error', new Error('x')],
    ['a promise', Promise.resolve(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['other typed arrays', new Float64Array(1)],
    ['a class instance', new Point()],
    ['a boxed number', Object(5)],
    ['a boxed text', Object('x')],
    ['a circular object', circular],
    ['an object with a bigint', { a: 1n }],
    ['json of undefined', json(undefined)],
    ['json of a function', json(() => 5)],
    ['an object whose toJSON throws', { toJSON: () => { throw new Error('x') } }], // biome-ignore format: a row
    ['an object whose toJSON gives nothing', { toJSON: () => undefined }],
    ['half of a surrogate pair, which would come back as another character', 'a\ud800b'],
  ])('%s', async (_what, value) => {
    const error = await failureOf(() => bind(value))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', operation: 'query' })
  })

  it('a hole in the list is no null', async () => {
    // biome-ignore lint/suspicious/noSparseArray: that is what is tested
    expect((await failureOf(() => bindParameters([1, , 2]))).message).toContain('2')
  })

  it('says which parameter, counted from 1, and never what it holds', async () => {
    const secrets = [
      ['hunter2'],
      Object.assign(new Point(), { x: 'hunter2' }),
      new Map([['hunter2', 1]]),
      Symbol('hunter2'),
    ]
    for (const value of secrets) {
      const { message, stack, cause } = await failureOf(() => bindParameters(['ok', null, value]))
      expect(message).toMatch(/\b3\b/)
      expect(`${message} ${stack} ${cause}`).not.toContain('hunter2')
    }
  })
})
