// The option `timeouts`, and what `withTimeout()` takes.
import { resolveStoreOptions, TIMEOUT_DEFAULTS } from '@upkeep/core'
import { describe, expect, it } from 'vitest'
import { resolveTimeouts, timeoutMsOf } from '../dist/open/timeout-options.js'
import { codeOf } from './support/outcome.ts'

describe('timeouts', () => {
  it('have their defaults, whether left out or undefined', () => {
    expect(resolveStoreOptions({}).timeouts).toEqual(TIMEOUT_DEFAULTS)
    expect(resolveTimeouts({ fastMs: undefined, slowMs: false })).toEqual({ ...TIMEOUT_DEFAULTS, slowMs: false })
  })

  for (const value of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5', null, true]) {
    it(`of ${String(value)} are INVALID_ARGUMENT`, async () => {
      expect(await codeOf(() => resolveTimeouts({ defaultMs: value as number }))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => timeoutMsOf(value as number, TIMEOUT_DEFAULTS))).toBe('INVALID_ARGUMENT')
    })
  }

  it('of another name, and what is no object, are INVALID_ARGUMENT', async () => {
    expect(await codeOf(() => resolveTimeouts({ fast: 5 } as object))).toBe('INVALID_ARGUMENT')
    expect(await codeOf(() => resolveTimeouts(null as unknown as object))).toBe('INVALID_ARGUMENT')
  })

  it('mean what they say', () => {
    const timeouts = { fastMs: 1, defaultMs: 2, slowMs: false } as const
    expect(timeoutMsOf('fast', timeouts)).toBe(1)
    expect(timeoutMsOf('default', timeouts)).toBe(2)
    expect(timeoutMsOf('slow', timeouts)).toBe(undefined)
    expect(timeoutMsOf(false, timeouts)).toBe(undefined)
    expect(timeoutMsOf(1234, timeouts)).toBe(1234)
  })
})
