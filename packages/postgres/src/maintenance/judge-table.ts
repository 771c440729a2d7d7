/**
 * What really came of a VACUUM or an ANALYZE that the server has answered. Pure.
 *
 * The answer alone says nothing: a statement that was not permitted, or found the table locked, succeeds with a warning. So
 * the notices are read by their codes, never by their words, which are translated, and the server's own counters must have
 * moved.
 */
import type { MaintenanceTableReport } from '@upkeep/core'
import type { Notice } from './dedicated-client.ts'
import type { TableFacts } from './table-stats.ts'
import type { XminHolder } from './xmin-holders.ts'

/** Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03'
const UNDEFINED_TABLE = '42P01'

/** What is known of one statement that has ended. */
export interface TableOutcome {
  readonly notices: readonly Notice[]
  readonly before: TableFacts
  /** `undefined` for a table that is gone. */
  readonly after: TableFacts | undefined
  /** Who has held old rows from before it began until after it had ended, the oldest first. */
  readonly holders: readonly XminHolder[]
  /** Who was seen to have locked the table, in words. */
  readonly lockedBy: string | undefined
  /** Dead tuples past which a VACUUM would be worthwhile again. */
  readonly deadTupleLimit: number
}

type Verdict = Pick<MaintenanceTableReport, 'status' | 'reason'>

export function judgeVacuum(outcome: TableOutcome, chosenFor: string): Verdict {
  const undone = judgeNotices(outcome) ?? judgeCounter(outcome, 'vacuumCount', 'vacuumed')
  return undone ?? judgeDeadTuples(outcome) ?? { status: 'done', reason: chosenFor }
}

export function judgeAnalyze(outcome: TableOutcome, chosenFor: string): Verdict {
  const undone = judgeNotices(outcome) ?? judgeCounter(outcome, 'analyzeCount', 'analyzed')
  return undone ?? { status: 'done', reason: chosenFor }
}

/** A rewritten table has another file; no counter tells. */
export function judgeVacuumFull(outcome: TableOutcome, chosenFor: string): Verdict {
  const undone = judgeNotices(outcome)
  if (undone !== undefined) return undone
  if (outcome.after?.fileNode === outcome.before.fileNode) return undoneWithoutReason(outcome, 'rewritten')
  return judgeDeadTuples(outcome) ?? { status: 'done', reason: chosenFor }
}

function judgeNotices({ notices, after, lockedBy }: TableOutcome): Verdict | undefined {
  if (after === undefined || notices.some(({ code }) => code === UNDEFINED_TABLE))
    return { status: 'skipped', reason: 'the table is gone' }
  if (notices.some(({ code }) => code === LOCK_NOT_AVAILABLE))
    return {
      status: 'blocked',
      reason: `it is locked${lockedBy === undefined ? ' by another session' : ` by ${lockedBy}`}`,
    }
  return undefined
}

function judgeCounter(
  outcome: TableOutcome,
  counter: 'vacuumCount' | 'analyzeCount',
  deed: string,
): Verdict | undefined {
  const { before, after } = outcome
  // 13 does not count those without storage; then only a warning tells.
  const moved = after?.isCounted === true ? after[counter] > before[counter] : !outcome.notices.some(isWarning)
  return moved ? undefined : undoneWithoutReason(outcome, deed)
}

function undoneWithoutReason({ before, notices }: TableOutcome, deed: string): Verdict {
  if (!before.canMaintain) return { status: 'failed', reason: NOT_PERMITTED }
  const warning = notices.find(isWarning)
  const said = warning === undefined ? '' : `, with ${warning.severity} ${warning.code}`
  return { status: 'failed', reason: `UNKNOWN: the server answered${said} and has not ${deed} it` }
}

/** Of a table that belongs to somebody else. */
export const NOT_PERMITTED = 'PERMISSION: it belongs to another role, which has not granted MAINTAIN'

/** Rows that somebody may still see are not removed, however often it is vacuumed. */
function judgeDeadTuples({ before, after, holders, deadTupleLimit }: TableOutcome): Verdict | undefined {
  const left = after?.deadTuples ?? 0
  const [oldest] = holders
  if (left === 0 || oldest === undefined) return undefined
  // A few that died while it ran are no news; all of them, or enough to begin again, are.
  if (left < before.deadTuples && left <= deadTupleLimit) return undefined
  const others = holders.length > 1 ? ` and ${holders.length - 1} more` : ''
  return {
    status: 'blocked',
    reason: `${left} dead tuples cannot be removed yet: ${oldest.label}${others} may need them`,
  }
}

function isWarning({ severity }: Notice): boolean {
  return severity === 'WARNING'
}
