// How large the page cache of each connection may be.
import { SQLITE_DEFAULTS } from '@upkeep/core/sqlite'
import { describe, expect, it } from 'vitest'
import { cacheShareBytes } from '../../dist/sqlite/cache-share.js'

const MIB = 1024 * 1024
const ROLES = ['writer', 'reader', 'leased reader', 'worker', 'maintenance'] as const

describe('cacheShareBytes', () => {
  it('without a budget is the same for each', () => {
    for (const role of ROLES) expect(cacheShareBytes({ ...SQLITE_DEFAULTS, cacheSizeBytes: 5 }, role)).toBe(5)
  })

  it.each([
    [64 * MIB, 4, 4],
    [4 * MIB, 1000, 64],
    [100_000_007, 7, 3],
  ])('a budget of %d is never exceeded by %d readers, %d workers and the others', (budget, maxReaders, maxWorkers) => {
    const options = { ...SQLITE_DEFAULTS, memoryBudgetBytes: budget, maxReaders }
    const counts = { writer: 1, reader: 1, 'leased reader': maxReaders, worker: maxWorkers, maintenance: 3 }
    const shares = ROLES.map((role) => counts[role] * cacheShareBytes(options, role, maxWorkers))
    // An eighth is theirs; what is more than they may have is nobody's.
    const unused = Math.max(0, budget / 8 - maxWorkers * MIB)
    const sum = shares.reduce((all, one) => all + one, 0)
    expect(sum).toBeLessThanOrEqual(budget)
    expect(sum).toBeGreaterThan(budget * 0.99 - unused)
  })

  it('a worker sorts in small runs, whatever the others have', () => {
    expect(cacheShareBytes(SQLITE_DEFAULTS, 'worker')).toBe(MIB)
    expect(cacheShareBytes({ ...SQLITE_DEFAULTS, memoryBudgetBytes: 1024 * MIB }, 'worker')).toBe(MIB)
  })
})
