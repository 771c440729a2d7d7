// The generated loop against the plain one: the same rows and the same answer, for any name of a column.
import { describe, expect, it } from 'vitest'
import { generateDecodeRows } from '../../dist/sqlite/generated-decoder.js'
import { decodeRows, planRows } from '../../dist/sqlite/row-decoder.js'

const NAMES = [
  'a',
  'two words',
  'quote"',
  "apostrophe'",
  'back\\slash',
  '"]; throw 1; //',
  'line\nend',
  '\u2028',
  'dollar$',
  'ü',
  '1',
  '',
]
const TYPES = ['integer', 'text', 'boolean', 'timestamp text', 'json text', 'decimal text', 'blob', 'real', null]
const VALUES = [
  null,
  0,
  1,
  -5,
  2 ** 53,
  -(2 ** 53) - 2,
  1.5,
  'x',
  '2026-01-02T03:04:05.678Z',
  '{"a":[1]}',
  '1.0',
  Buffer.from([1]),
]

describe.each(NAMES)('a column named %j', (name) => {
  it.each(TYPES)('declared %s', (declaredType) => {
    const plan = planRows([
      { name: 'id', declaredType: 'integer' },
      { name, declaredType },
    ])
    const generated = generateDecodeRows(plan)
    for (const value of VALUES) {
      const make = () => [
        { id: 1, [name]: value },
        { id: 2, [name]: null },
      ]
      const [mine, theirs] = [make(), make()]
      expect(generated(mine)).toBe(decodeRows(theirs, plan))
      expect(mine).toEqual(theirs)
    }
  })
})
