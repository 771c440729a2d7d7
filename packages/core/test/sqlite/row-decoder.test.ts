// Rows as SQLite gives them → values: which kind a declared type is, and when a statement has to be read again exactly.
// The decoders of the kinds have a file of their own.
import { describe, expect, it } from 'vitest'
import type { SqliteRow } from '../../dist/sqlite/port.js'
import { decodeExactRows, decodeRows, kindOfDeclaredType, planRows } from '../../dist/sqlite/row-decoder.js'

describe('kindOfDeclaredType', () => {
  it.each([
    [null, undefined],
    ['', undefined],
    ['BOOLEAN', 'boolean'],
    ['boolean', 'boolean'],
    ['Bool', 'boolean'],
    ['TIMESTAMP', 'instant'],
    ['timestamp text', 'instant'],
    ['TIMESTAMPTZ', 'instant'],
    ['TIMESTAMP WITH TIME ZONE', 'instant'],
    ['JSON', 'json'],
    ['json text', 'json'],
    ['JSONB', 'json'],
    ['DECIMAL', 'decimal'],
    ['decimal text', 'decimal'],
    ['DECIMAL(10,2)', 'decimal'],
    ['NUMERIC', 'decimal'],
    ['INTEGER', 'integer'],
    ['int', 'integer'],
    ['BIGINT', 'integer'],
    ['UNSIGNED BIG INT', 'integer'],
    ['INT8', 'integer'],
    // SQLite's own rule, which has surprised many: https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    ['FLOATING POINT', 'integer'],
    ['CHARINT', 'integer'],
    ['TEXT', 'text'],
    ['VARCHAR(20)', 'text'],
    ['NATIVE CHARACTER(70)', 'text'],
    ['CLOB', 'text'],
    ['BLOB', 'bytes'],
    ['REAL', 'float'],
    ['DOUBLE PRECISION', 'float'],
    ['FLOAT', 'float'],
    ['DATE', undefined],
    ['DATETIME', undefined],
    ['UUID', undefined],
    ['ANY', undefined],
    ['whatever', undefined],
  ])('%j is %s', (declared, kind) => {
    expect(kindOfDeclaredType(declared)).toBe(kind)
  })
})

const column = (name: string, declaredType: string | null) => ({ name, declaredType })

describe('planRows', () => {
  it('leaves out what is right as it comes', () => {
    const plan = planRows([column('t', 'TEXT'), column('r', 'REAL'), column('b', 'BOOLEAN'), column('e', null)])
    expect(plan.map(({ name }) => name)).toEqual(['b', 'e'])
  })

  it('of two columns with one name the last counts, as in the row', () => {
    const plan = planRows([column('a', 'BOOLEAN'), column('a', 'TEXT'), column('b', 'TEXT'), column('b', 'BOOLEAN')])
    const rows: SqliteRow[] = [{ a: 1, b: 1 }]
    expect(decodeRows(rows, plan)).toBe(true)
    expect(rows).toEqual([{ a: 1, b: true }])
  })
})

const COLUMNS = planRows([
  column('flag', 'BOOLEAN'),
  column('n', 'INTEGER'),
  column('at', 'TIMESTAMP TEXT'),
  column('doc', 'JSON TEXT'),
  column('price', 'DECIMAL TEXT'),
  column('expression', null),
])

describe('decodeRows', () => {
  it('turns each column into its kind and leaves null alone', () => {
    const rows: SqliteRow[] = [
      { flag: 1, n: 5, at: '2026-01-02T03:04:05.678Z', doc: '{"a":[1]}', price: '1.0', expression: 1 },
      { flag: null, n: null, at: null, doc: null, price: null, expression: null },
    ]
    expect(decodeRows(rows, COLUMNS)).toBe(true)
    expect(rows).toEqual([
      { flag: true, n: 5, at: new Date('2026-01-02T03:04:05.678Z'), doc: { a: [1] }, price: '1.0', expression: 1 },
      { flag: null, n: null, at: null, doc: null, price: null, expression: null },
    ])
  })

  it('a Buffer of an expression becomes a plain Uint8Array of the same bytes, without a copy', () => {
    const buffer = Buffer.from([1, 2, 3])
    const rows: SqliteRow[] = [{ expression: buffer }]
    decodeRows(rows, COLUMNS)
    const bytes = rows[0]?.expression as Uint8Array
    expect([bytes.constructor, [...bytes]]).toEqual([Uint8Array, [1, 2, 3]])
    expect(bytes.buffer).toBe(buffer.buffer)
  })

  it.each(['n', 'flag', 'at', 'price', 'expression'])(
    'asks to be read again for a number in %s that may be rounded',
    (name) => {
      for (const value of [2 ** 53, -(2 ** 53), 1e300, Number.POSITIVE_INFINITY]) {
        expect(decodeRows([{ [name]: 1 }, { [name]: value }], COLUMNS)).toBe(false)
      }
      expect(decodeRows([{ [name]: Number.MAX_SAFE_INTEGER }, { [name]: Number.MIN_SAFE_INTEGER }], COLUMNS)).toBe(true)
    },
  )

  it('looks at every row and every column before it says yes', () => {
    const rows: SqliteRow[] = Array.from({ length: 1000 }, () => ({ n: 1, expression: 2 }))
    expect(decodeRows(rows, COLUMNS)).toBe(true)
    rows.push({ n: 1, expression: 2 ** 53 })
    expect(decodeRows(rows, COLUMNS)).toBe(false)
  })

  it('a REAL is never taken for a rounded integer', () => {
    expect(decodeRows([{ r: 1e300 }], planRows([column('r', 'REAL')]))).toBe(true)
  })

  it('has nothing to do without rows or without columns', () => {
    expect(decodeRows([], COLUMNS)).toBe(true)
    expect(decodeRows([{ a: 1 }], [])).toBe(true)
  })
})

describe('decodeExactRows', () => {
  it('integers that fit become numbers, others stay what they are', () => {
    const rows: SqliteRow[] = [{ n: 5n, expression: 2n ** 53n + 1n, flag: 1n, price: 9007199254740993n, at: null }]
    decodeExactRows(rows, COLUMNS)
    expect(rows).toEqual([{ n: 5, expression: 2n ** 53n + 1n, flag: true, price: '9007199254740993', at: null }])
  })

  it('a huge REAL stays a number', () => {
    const rows: SqliteRow[] = [{ expression: 1e300, n: Number.POSITIVE_INFINITY }]
    decodeExactRows(rows, COLUMNS)
    expect(rows).toEqual([{ expression: 1e300, n: Number.POSITIVE_INFINITY }])
  })

  it('what is in a column against its type is given as it is', () => {
    const rows: SqliteRow[] = [{ flag: 7n, at: 'yesterday', doc: '{"a":', price: new Uint8Array([1]), n: 'x' }]
    decodeExactRows(rows, COLUMNS)
    expect(rows).toEqual([{ flag: 7, at: 'yesterday', doc: '{"a":', price: new Uint8Array([1]), n: 'x' }])
  })
})
