import { describe, expect, it } from 'vitest'
import { backoffDelayMs, resolveRetry } from '../dist/abort/backoff.js'
import { codeOf } from './support/outcome.ts'

const DEFAULTS = { attempts: 5, backoffMs: 10, maxBackoffMs: 100 }

describe('backoff', () => {
  it('doubles up to its limit', () => {
    const waits = [1, 2, 3, 4, 5, 60, 2000].map((count) => backoffDelayMs(count, DEFAULTS, () => 1))
    expect(waits).toEqual([10, 20, 40, 80, 100, 100, 100])
  })

  it('has full jitter', () => {
    expect([0, 0.25, 0.5].map((random) => backoffDelayMs(3, DEFAULTS, () => random))).toEqual([0, 10, 20])
  })

  it('fills in what is not given', () => {
    expect(resolveRetry(undefined, DEFAULTS, 'test')).toEqual(DEFAULTS)
    expect(resolveRetry({ attempts: 2, backoffMs: undefined }, DEFAULTS, 'test')).toEqual({ ...DEFAULTS, attempts: 2 })
  })

  it('refuses what is none', async () => {
    for (const retry of [
      {},
      { attempts: 0 },
      { attempts: 1.5 },
      { attempts: 1, backoffMs: -1 },
      { attempts: 1, maxBackoffMs: Number.NaN },
      { attempts: 1, delay: 1 },
      null,
    ]) {
      expect(await codeOf(() => resolveRetry(retry as never, DEFAULTS, 'test'))).toBe('INVALID_ARGUMENT')
    }
  })
})
