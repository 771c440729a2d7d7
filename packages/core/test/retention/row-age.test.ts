import { describe, expect, it } from 'vitest'
import { cutoffBefore } from '../../dist/retention/row-age.js'
import { codeOf } from '../support/outcome.ts'

const NOW = new Date('2026-01-02T00:00:00.500Z')
const DAY_MS = 86_400_000

describe('the age of a row', () => {
  it('is looked at once more, whatever a database has compared', () => {
    const { bound, isAfter } = cutoffBefore(NOW, DAY_MS, 'instant', 'event.at')
    expect(bound).toEqual(new Date('2026-01-01T00:00:00.500Z'))
    for (const old of [
      new Date('2026-01-01T00:00:00.499Z'),
      '2026-01-01',
      '2026-01-01 00:00:00',
      '2025-12-31T23:59Z',
    ]) {
      expect(isAfter(old)).toBe(true)
    }
    for (const other of [bound, '2026-01-01 00:00:01', 'yesterday', '', null, undefined, new Date(Number.NaN)]) {
      expect(isAfter(other)).toBe(false)
    }
  })

  it('of a column of numbers is not guessed', async () => {
    const { isAfter } = cutoffBefore(NOW, DAY_MS, 'instant', 'event.at')
    for (const value of [0, 1n]) expect(await codeOf(() => isAfter(value))).toBe('INVALID_ARGUMENT')
  })

  it('counts in the unit of the column', () => {
    const limitMs = NOW.getTime() - DAY_MS
    const inMs = cutoffBefore(NOW, DAY_MS, 'epochMs', 'event.at')
    expect([limitMs - 1, limitMs, BigInt(limitMs) - 1n].map(inMs.isAfter)).toEqual([true, false, true])
    const inSeconds = cutoffBefore(NOW, DAY_MS, 'epochSeconds', 'event.at')
    const second = Math.floor(limitMs / 1000)
    expect(['', ' ', 'yesterday', undefined, '5'].map(inMs.isAfter)).toEqual([false, false, false, false, true])
    expect(inSeconds.bound).toBe(second)
    expect([second - 1, second, second + 1].map(inSeconds.isAfter)).toEqual([true, false, false])
  })
})
