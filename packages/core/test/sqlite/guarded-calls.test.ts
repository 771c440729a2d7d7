// What the call of a driver under a guard comes to: armed before it, disarmed after it whatever it does, and called a
// stopped statement only if it was interrupted by that very guard.
import { StoreError } from '@upkeep/core'
import type { SqlitePort } from '@upkeep/core/sqlite'
import { describe, expect, it } from 'vitest'
import { GuardedCalls, StatementStopped } from '../../dist/sqlite/guarded-calls.js'

class DriverError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

const port: Pick<SqlitePort, 'resultCode'> = {
  resultCode: (error) => (error instanceof DriverError ? error.code : undefined),
}

function guarded(hasFired: boolean): { readonly calls: GuardedCalls; readonly log: string[] } {
  const log: string[] = []
  const guard = {
    arm: (limitMs: number): void => void log.push(`arm ${limitMs}`),
    disarm: (): boolean => {
      log.push('disarm')
      return hasFired
    },
  }
  return { calls: new GuardedCalls(port as SqlitePort, guard), log }
}

/** What it throws. */
function thrownBy(calls: GuardedCalls, error: Error): unknown {
  try {
    calls.run(20, () => {
      throw error
    })
  } catch (thrown) {
    return thrown
  }
  return 'nothing'
}

describe('a call that completes', () => {
  it.each([true, false])('has completed, also if it was fired at: %s', (hasFired) => {
    const { calls, log } = guarded(hasFired)
    const answer = calls.run(20, () => {
      log.push('call')
      return 7
    })
    expect([answer, log]).toEqual([7, ['arm 20', 'call', 'disarm']])
  })
})

describe('a call that throws', () => {
  it.each(['SQLITE_INTERRUPT', 'SQLITE_CONSTRAINT_UNIQUE'])('%s by itself: that is what is thrown', (code) => {
    const { calls, log } = guarded(false)
    const error = new DriverError(code)
    expect(thrownBy(calls, error)).toBe(error)
    expect(log).toEqual(['arm 20', 'disarm'])
  })

  it('for a reason of its own in the moment in which it is fired at: that is what is thrown', () => {
    const error = new DriverError('SQLITE_CONSTRAINT_UNIQUE')
    expect(thrownBy(guarded(true).calls, error)).toBe(error)
    const mistake = new TypeError('no')
    expect(thrownBy(guarded(true).calls, mistake)).toBe(mistake)
  })

  it.each([
    ['the driver’s', new DriverError('SQLITE_INTERRUPT')],
    ['one that was classified already', new StoreError('ABORTED', 'interrupted', { nativeCode: 'SQLITE_INTERRUPT' })],
  ])(
    'because it was interrupted, by %s error: a stopped statement, TIMEOUT for whoever knows no better',
    (_by, error) => {
      const thrown = thrownBy(guarded(true).calls, error)
      expect(thrown).toBeInstanceOf(StatementStopped)
      expect(thrown).toMatchObject({ code: 'TIMEOUT', nativeCode: 'SQLITE_INTERRUPT', limitMs: 20, cause: error })
    },
  )
})
