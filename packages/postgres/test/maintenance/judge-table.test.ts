import { describe, expect, it } from 'vitest'
import { judgeAnalyze, judgeVacuum, judgeVacuumFull, type TableOutcome } from '../../src/maintenance/judge-table.ts'
import { tableFacts } from './table-facts.ts'

const warning = (code: string) => ({ code, severity: 'WARNING', message: 'übersetzt' })
const holder = { kind: 'session', label: 'session 7', xminAge: 9, identity: 'session/7/1' } as const

const outcome = (given: Partial<TableOutcome> = {}): TableOutcome => ({
  notices: [],
  before: tableFacts({ deadTuples: 500 }),
  after: tableFacts({ vacuumCount: 1, analyzeCount: 1, fileNode: 2 }),
  holders: [],
  lockedBy: undefined,
  deadTupleLimit: 50,
  ...given,
})
const vacuumStatus = (given: Partial<TableOutcome>) => judgeVacuum(outcome(given), 'chosen').status

describe('a VACUUM that was answered', () => {
  it('is done where the counter has moved', () => {
    expect(judgeVacuum(outcome(), 'chosen')).toEqual({ status: 'done', reason: 'chosen' })
  })

  it('is not where it has not, whatever was said and not said', () => {
    const after = tableFacts()
    expect(vacuumStatus({ after })).toBe('failed')
    expect(vacuumStatus({ after, notices: [{ ...warning('00000'), severity: 'NOTICE' }] })).toBe('failed')
    const notOurs = judgeVacuum(
      outcome({ after, before: tableFacts({ canMaintain: false }), notices: [warning('01000')] }),
      '',
    )
    expect([notOurs.status, notOurs.reason.startsWith('PERMISSION')]).toEqual(['failed', true])
  })

  it('is blocked by a lock, and by whom', () => {
    expect(vacuumStatus({ notices: [warning('55P03')] })).toBe('blocked')
    const { reason } = judgeVacuum(outcome({ notices: [warning('55P03')], lockedBy: 'session 9' }), '')
    expect(reason).toContain('session 9')
  })

  it('is skipped where the table is gone', () => {
    expect(vacuumStatus({ after: undefined })).toBe('skipped')
    expect(vacuumStatus({ notices: [warning('42P01')] })).toBe('skipped')
  })

  it('is done with a warning that is none of a skip: an old transaction, a failsafe', () => {
    expect(vacuumStatus({ notices: [warning('01000')] })).toBe('done')
  })

  it('is blocked where rows are left and somebody may need them', () => {
    const left = (deadTuples: number) => tableFacts({ vacuumCount: 1, deadTuples })
    expect(vacuumStatus({ after: left(500), holders: [holder] })).toBe('blocked')
    expect(vacuumStatus({ after: left(51), holders: [holder] })).toBe('blocked')
    // A few that died meanwhile.
    expect(vacuumStatus({ after: left(50), holders: [holder] })).toBe('done')
    expect(vacuumStatus({ after: left(500), holders: [] })).toBe('done')
  })

  it('on 13, which does not count what has no storage, only a warning tells', () => {
    const after = tableFacts({ isCounted: false })
    expect(judgeAnalyze(outcome({ after }), 'chosen').status).toBe('done')
    expect(judgeAnalyze(outcome({ after, notices: [warning('01000')] }), 'chosen').status).toBe('failed')
  })
})

describe('a VACUUM FULL', () => {
  it('is done where the table has another file', () => {
    expect(judgeVacuumFull(outcome(), 'chosen').status).toBe('done')
    expect(judgeVacuumFull(outcome({ after: tableFacts({ vacuumCount: 1 }) }), 'chosen').status).toBe('failed')
  })
})
