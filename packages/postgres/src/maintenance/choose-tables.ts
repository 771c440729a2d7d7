/**
 * Which tables are worth a VACUUM or an ANALYZE, and why. Pure: the same facts give the same choice.
 *
 * The limits are those by which autovacuum would choose: those of the server, and over them the table's own. That
 * autovacuum is switched off for a table (`autovacuum_enabled`) is no reason to leave it alone: it was not asked to.
 * Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
 */
import { LIMIT_SETTINGS, type TableFacts, type VacuumLimits } from './table-stats.ts'

/** From this share of its limit on, age comes before everything else: past the limit the server would interrupt work. */
const URGENT_AGE = 0.8

/** A table to vacuum. */
export interface VacuumChoice {
  readonly table: TableFacts
  readonly reason: string
  /** Rows are frozen, against the wraparound of transaction ids. */
  readonly freeze: boolean
}

/** A table to analyze. */
export interface AnalyzeChoice {
  readonly table: TableFacts
  readonly reason: string
}

/** In the order in which they are vacuumed: those close to a wraparound first, then those with the most dead tuples. */
export function chooseForVacuum(
  tables: readonly TableFacts[],
  limits: VacuumLimits,
  everything: boolean,
): readonly VacuumChoice[] {
  const choices = tables.flatMap((table) => {
    if (table.isPartitioned) return []
    const own = limitsOf(table, limits)
    const age = urgentAge(table, own)
    if (age !== undefined) return [{ table, reason: age, freeze: true }]
    const reason = vacuumReason(table, own) ?? (everything ? 'asked for' : undefined)
    return reason === undefined ? [] : [{ table, reason, freeze: false }]
  })
  return choices.sort(
    (one, other) =>
      Number(other.freeze) - Number(one.freeze) ||
      (one.freeze ? other.table.xidAge - one.table.xidAge : other.table.deadTuples - one.table.deadTuples),
  )
}

/** In the order in which they are analyzed: those without statistics first, then those that have changed the most. */
export function chooseForAnalyze(
  tables: readonly TableFacts[],
  limits: VacuumLimits,
  everything: boolean,
): readonly AnalyzeChoice[] {
  const choices = tables.flatMap((table) => {
    const reason = analyzeReason(table, limitsOf(table, limits)) ?? (everything ? 'asked for' : undefined)
    return reason === undefined ? [] : [{ table, reason }]
  })
  return choices.sort(
    (one, other) =>
      Number(one.table.hasStatistics) - Number(other.table.hasStatistics) ||
      other.table.modifiedTuples - one.table.modifiedTuples,
  )
}

/** Dead tuples past which a table is worth a VACUUM. */
export function deadTupleLimit(table: TableFacts, limits: VacuumLimits): number {
  const { vacuumThreshold, vacuumScaleFactor, vacuumMaxThreshold } = limitsOf(table, limits)
  const limit = vacuumThreshold + vacuumScaleFactor * table.liveTuples
  return vacuumMaxThreshold >= 0 ? Math.min(limit, vacuumMaxThreshold) : limit
}

function vacuumReason(table: TableFacts, limits: VacuumLimits): string | undefined {
  const { deadTuples, insertedTuples, liveTuples } = table
  const deadLimit = deadTupleLimit(table, limits)
  if (deadTuples > deadLimit) return `${deadTuples} dead tuples, more than ${Math.floor(deadLimit)}`
  const { insertThreshold, insertScaleFactor } = limits
  const insertLimit = insertThreshold + insertScaleFactor * liveTuples
  if (insertThreshold >= 0 && insertedTuples > insertLimit)
    return `${insertedTuples} tuples inserted, more than ${Math.floor(insertLimit)}`
  return undefined
}

function analyzeReason(table: TableFacts, limits: VacuumLimits): string | undefined {
  const { modifiedTuples, liveTuples, hasStatistics, isPartitioned } = table
  // Nobody but us ever analyzes a partitioned table as a whole; how much has changed below it nobody counts.
  if (!hasStatistics && (isPartitioned || liveTuples > 0)) return 'it has no statistics'
  const limit = limits.analyzeThreshold + limits.analyzeScaleFactor * liveTuples
  return modifiedTuples > limit ? `${modifiedTuples} tuples changed, more than ${Math.floor(limit)}` : undefined
}

function urgentAge({ xidAge, multixactAge }: TableFacts, limits: VacuumLimits): string | undefined {
  if (xidAge > URGENT_AGE * limits.freezeMaxAge)
    return `close to a wraparound: ${xidAge} of ${limits.freezeMaxAge} transactions old`
  if (multixactAge > URGENT_AGE * limits.multixactFreezeMaxAge)
    return `close to a wraparound: ${multixactAge} of ${limits.multixactFreezeMaxAge} multixacts old`
  return undefined
}

/** The table's own storage parameters win; an age they may only bring forward, as for autovacuum. */
function limitsOf({ options }: TableFacts, server: VacuumLimits): VacuumLimits {
  const own = Object.entries(LIMIT_SETTINGS).flatMap(([limit, setting]) => {
    const value = options[setting] === undefined ? Number.NaN : Number(options[setting])
    return Number.isFinite(value) ? [[limit, value] as const] : []
  })
  const limits: VacuumLimits = { ...server, ...Object.fromEntries(own) }
  return {
    ...limits,
    freezeMaxAge: Math.min(limits.freezeMaxAge, server.freezeMaxAge),
    multixactFreezeMaxAge: Math.min(limits.multixactFreezeMaxAge, server.multixactFreezeMaxAge),
  }
}
