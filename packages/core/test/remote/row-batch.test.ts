import { describe, expect, it } from 'vitest'
import { type RowBatch, RowPacker, RowUnpacker } from '../../dist/remote/row-batch.js'

type Row = Record<string, unknown>

function pack(rows: readonly Row[]): RowBatch[] {
  const packer = new RowPacker()
  const batches: RowBatch[] = []
  for (let start = 0; start < rows.length; ) {
    const batch = packer.pack(rows, start)
    batches.push(structuredClone(batch))
    start += batch.rowCount
  }
  return batches
}

function unpack(batches: readonly RowBatch[]): unknown[] {
  const rows: unknown[] = []
  const unpacker = new RowUnpacker()
  for (const batch of batches) unpacker.unpack(batch, rows)
  return rows
}

describe('rows in batches', () => {
  it('come back as they were, of every kind of value', () => {
    const row = {
      id: 1,
      large: 2n ** 60n,
      text: 'ä€😀',
      nothing: null,
      at: new Date(0),
      doc: { list: [1, { deep: true }] },
      data: new Uint8Array([1, 2, 3]),
    }
    expect(unpack(pack([row, { ...row, id: 2 }]))).toEqual([row, { ...row, id: 2 }])
  })

  it('name their columns once', () => {
    const batches = pack(Array.from({ length: 20_000 }, (_, id) => ({ id, name: 'ann' })))
    expect(batches.length).toBeGreaterThan(1)
    expect(batches.map(({ columns }) => columns)).toEqual([['id', 'name'], ...batches.slice(1).map(() => undefined)])
  })

  it('are small, however large the rows: texts, bytes and documents count', () => {
    const values = { text: 'x'.repeat(50_000), data: new Uint8Array(50_000), doc: Array.from({ length: 800 }, () => 1) }
    for (const [name, value] of Object.entries(values)) {
      const batches = pack(Array.from({ length: 100 }, () => ({ [name]: value })))
      expect([name, batches.length > 10]).toEqual([name, true])
      expect(batches.every(({ rowCount }) => rowCount >= 1)).toBe(true)
    }
  })

  it('may have a column of any name', () => {
    const odd: Row = Object.fromEntries([
      ['__proto__', 1],
      ['constructor', 2],
      ['1', 3],
    ])
    expect(unpack(pack([odd])).map((row) => Object.entries(row as Row))).toEqual([Object.entries(odd)])
  })
})
