import { describe, expect, it } from 'vitest'
import { chooseForAnalyze, chooseForVacuum, deadTupleLimit } from '../../src/maintenance/choose-tables.ts'
import { VACUUM_LIMITS } from '../../src/maintenance/table-stats.ts'
import { tableFacts } from './table-facts.ts'

const vacuumed = (facts: Parameters<typeof tableFacts>[0], everything = false) =>
  chooseForVacuum([tableFacts(facts)], VACUUM_LIMITS, everything).map(({ freeze }) => freeze)
const analyzed = (facts: Parameters<typeof tableFacts>[0], everything = false) =>
  chooseForAnalyze([tableFacts(facts)], VACUUM_LIMITS, everything).length

describe('a VACUUM is worthwhile', () => {
  it('past 50 and a fifth of dead tuples, and not at it', () => {
    expect(vacuumed({ liveTuples: 1000, deadTuples: 250 })).toEqual([])
    expect(vacuumed({ liveTuples: 1000, deadTuples: 251 })).toEqual([false])
  })

  it('past 1000 and a fifth of inserted tuples', () => {
    expect(vacuumed({ liveTuples: 1000, insertedTuples: 1200 })).toEqual([])
    expect(vacuumed({ liveTuples: 1000, insertedTuples: 1201 })).toEqual([false])
    expect(vacuumed({ insertedTuples: 9e9, options: { autovacuum_vacuum_insert_threshold: '-1' } })).toEqual([])
  })

  it('and freezes, past four fifths of an age', () => {
    expect(vacuumed({ xidAge: 160_000_000 })).toEqual([])
    expect(vacuumed({ xidAge: 160_000_001 })).toEqual([true])
    expect(vacuumed({ multixactAge: 320_000_001 })).toEqual([true])
  })

  it('by the table’s own parameters first; an age they only bring forward', () => {
    const options = { autovacuum_vacuum_threshold: '5', autovacuum_vacuum_scale_factor: '0' }
    expect(vacuumed({ liveTuples: 1000, deadTuples: 6, options })).toEqual([false])
    expect(vacuumed({ xidAge: 80_001, options: { autovacuum_freeze_max_age: '100000' } })).toEqual([true])
    expect(vacuumed({ xidAge: 190_000_000, options: { autovacuum_freeze_max_age: '2000000000' } })).toEqual([true])
  })

  it('up to the most dead tuples that 18 bears, however large the table is', () => {
    const limits = { ...VACUUM_LIMITS, vacuumMaxThreshold: 1000 }
    expect(deadTupleLimit(tableFacts({ liveTuples: 1e9 }), limits)).toBe(1000)
    expect(deadTupleLimit(tableFacts({ liveTuples: 1e9 }), VACUUM_LIMITS)).toBe(200_000_050)
  })

  it('never of a partitioned table; of every other where all are asked for', () => {
    expect(vacuumed({ isPartitioned: true, deadTuples: 9e9 }, true)).toEqual([])
    expect(vacuumed({}, true)).toEqual([false])
  })

  it('first close to a wraparound, then by dead tuples', () => {
    const tables = [
      tableFacts({ name: 'a', deadTuples: 300 }),
      tableFacts({ name: 'b', deadTuples: 900 }),
      tableFacts({ name: 'c', xidAge: 170_000_000 }),
      tableFacts({ name: 'd', xidAge: 190_000_000 }),
    ]
    const order = chooseForVacuum(tables, VACUUM_LIMITS, false).map(({ table }) => table.name)
    expect(order).toEqual(['d', 'c', 'b', 'a'])
  })
})

describe('an ANALYZE is worthwhile', () => {
  it('past 50 and a tenth of changed tuples', () => {
    expect(analyzed({ liveTuples: 1000, modifiedTuples: 150 })).toBe(0)
    expect(analyzed({ liveTuples: 1000, modifiedTuples: 151 })).toBe(1)
    expect(analyzed({ modifiedTuples: 2, options: { autovacuum_analyze_threshold: '1' } })).toBe(1)
  })

  it('without statistics, unless the table is empty', () => {
    expect(analyzed({ hasStatistics: false, liveTuples: 1 })).toBe(1)
    expect(analyzed({ hasStatistics: false, liveTuples: 0 })).toBe(0)
    expect(analyzed({ hasStatistics: false, isPartitioned: true })).toBe(1)
  })
})
