import { describe, expect, it } from 'vitest'
import { decodeIds, encodeIds } from '../../dist/retention/id-codec.js'
import { codeOf } from '../support/outcome.ts'

const IDS = {
  numbers: [0, -0, 1, -1, 0.1, 5e-324, 2 ** 53, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  bigints: [0n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)],
  strings: ['', '1', '\u0000', "it's", '"', '{"bigint":"1"}', '🦊', '\ud800'],
  bytes: [new Uint8Array(0), new Uint8Array([0, 15, 16, 255]), new Uint8Array(1000).fill(200)],
  others: [true, false, new Date(0), new Date('2026-01-01T00:00:00.001Z')],
}

describe('ids in the outbox', () => {
  for (const [kind, ids] of Object.entries(IDS)) {
    it(`${kind} come back the very same`, () => {
      const decoded = decodeIds(encodeIds(ids))
      expect(decoded.length).toBe(ids.length)
      for (const [index, id] of ids.entries()) {
        if (typeof id === 'object') expect(decoded[index]).toEqual(id)
        else expect(decoded[index]).toBe(id)
      }
    })
  }

  it('are text that any engine can store', () => {
    expect(encodeIds(Object.values(IDS).flat())).toSatisfy(
      (text: string) => text.isWellFormed() && !text.includes('\u0000'),
    )
  })

  it('refuses what is no key', async () => {
    for (const id of [undefined, null, {}, Symbol('x'), () => 1]) {
      expect(await codeOf(() => encodeIds([id]))).toBe('UNSUPPORTED')
    }
  })
})
