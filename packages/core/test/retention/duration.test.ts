import { describe, expect, it } from 'vitest'
import { durationMs } from '../../dist/retention/duration.js'
import { codeOf } from '../support/outcome.ts'

const ms = (duration: object): number => durationMs(duration, 'maxAge', 'test')

describe('a duration', () => {
  it('adds up what is given', () => {
    expect(ms({ days: 1 })).toBe(86_400_000)
    expect(ms({ hours: 1.5 })).toBe(5_400_000)
    expect(ms({ days: 1, hours: 1, minutes: 1, seconds: 1 })).toBe(90_061_000)
    expect(ms({ days: 0, seconds: 0.5, minutes: undefined })).toBe(500)
  })

  it('refuses what is none', async () => {
    for (const duration of [
      {},
      { days: 0 },
      { days: undefined },
      { days: -1, hours: 48 },
      { days: Number.NaN },
      { days: Number.POSITIVE_INFINITY },
      { days: '1' },
      { days: 1, months: 1 },
      { days: 365_251 },
      30,
      null,
    ]) {
      expect(await codeOf(() => ms(duration as object))).toBe('INVALID_ARGUMENT')
    }
  })
})
