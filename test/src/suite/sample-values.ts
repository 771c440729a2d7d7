/** Values that must come back as they went in, by the column of `sample` that holds them. */

import type { ValueKind } from '@upkeep/core'
import { json } from '@upkeep/core'
import type { SampleTable } from './test-schema.ts'

/** The columns of `sample` but its id. */
export type SampleColumn = Exclude<keyof SampleTable, 'id'>

/** One column, its kind, and pairs of what goes in and what comes out. */
export interface SampleValues {
  readonly column: SampleColumn
  readonly kind: ValueKind
  readonly values: readonly (readonly [into: unknown, out: unknown])[]
}

const same = (...values: readonly unknown[]): readonly (readonly [unknown, unknown])[] =>
  values.map((value) => [value, value])

/** See the module. */
export const SAMPLE_VALUES: readonly SampleValues[] = [
  { column: 'flag', kind: 'boolean', values: same(true, false, null) },
  {
    column: 'count',
    kind: 'integer',
    values: [
      ...same(0, -1, 42, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null),
      ...same(2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
      [7n, 7],
      [BigInt(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    ],
  },
  { column: 'ratio', kind: 'float', values: same(0, 5, 0.1, -1.5, 2 ** 60, 1e300, 5e-324, null) },
  {
    column: 'price',
    kind: 'decimal',
    values: same('1.0', '0.10', '100', '-0.005', '12345678901234567890.123456789', null),
  },
  {
    column: 'at',
    kind: 'instant',
    values: same(
      new Date(0),
      new Date('2024-02-29T12:34:56.789Z'),
      new Date('1969-12-31T23:59:59.999Z'),
      new Date('2024-07-01T00:00:00.000Z'),
      null,
    ),
  },
  {
    column: 'doc',
    kind: 'json',
    values: [
      ...same({}, { a: [1, null, { b: 'c' }], d: 'é' }, null),
      [json([1, 'two', [3]]), [1, 'two', [3]]],
      [json([]), []],
      [json('text'), 'text'],
      [json('2024-02-29'), '2024-02-29'],
      [json(5.5), 5.5],
      [json(false), false],
    ],
  },
  {
    column: 'data',
    kind: 'bytes',
    values: same(new Uint8Array([0, 1, 127, 128, 255]), new Uint8Array(0), new Uint8Array(70_000).fill(7), null),
  },
  {
    column: 'label',
    kind: 'text',
    values: same(
      '',
      ' ',
      '123',
      '1.0',
      'null',
      'true',
      '2024-02-29',
      'zwölf 🦊 “quoted”\n\t\\',
      "it's",
      'x'.repeat(70_000),
      null,
    ),
  },
  { column: 'tag', kind: 'text', values: same('6f1c0a52-6b0e-4f57-9d8e-0f3c2b1a9e77', null) },
]
