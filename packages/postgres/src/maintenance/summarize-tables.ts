/** What a step says of itself from what came of its tables. Pure. */
import type { MaintenanceMeasures, MaintenanceStepResult, MaintenanceTableReport } from '@upkeep/core'

/** From the worst on. */
const ORDER = ['aborted', 'failed', 'blocked', 'done', 'skipped'] as const

/** So many are named in the reason; the rest are in the list. */
const NAMED = 3

/** The worst of the tables is the status of the step. */
export function summarizeTables(tables: readonly MaintenanceTableReport[]): MaintenanceStepResult {
  const status = ORDER.find((one) => tables.some((table) => table.status === one)) ?? 'skipped'
  const measures = {
    before: sums(tables, 'before'),
    after: { ...sums(tables, 'after'), ...counts(tables) },
    tables: frozen(tables),
  }
  if (status === 'done') return { status, ...measures }
  const such = tables.filter((table) => table.status === status)
  const named = such.slice(0, NAMED).map(({ name, reason }) => `${name}: ${reason}`)
  const more = such.length > NAMED ? `; and ${such.length - NAMED} more` : ''
  return { status, reason: `${such.length} of ${tables.length}: ${named.join('; ')}${more}`, ...measures }
}

/** Over the tables that have both: those that were not reached have no afterwards. */
function sums(tables: readonly MaintenanceTableReport[], when: 'before' | 'after'): MaintenanceMeasures {
  const both = tables.filter(({ after }) => after !== undefined)
  const sum = (name: string): number => both.reduce((total, table) => total + Number(table[when]?.[name] ?? 0), 0)
  return { deadTuples: sum('deadTuples'), modifiedTuples: sum('modifiedTuples') }
}

function counts(tables: readonly MaintenanceTableReport[]): MaintenanceMeasures {
  return { tableCount: tables.length, doneCount: tables.filter(({ status }) => status === 'done').length }
}

function frozen(tables: readonly MaintenanceTableReport[]): readonly MaintenanceTableReport[] {
  return Object.freeze(tables.map((table) => Object.freeze({ ...table, ...freezeMeasures(table) })))
}

function freezeMeasures({ before, after }: MaintenanceTableReport): Partial<MaintenanceTableReport> {
  return {
    ...(before !== undefined && { before: Object.freeze(before) }),
    ...(after !== undefined && { after: Object.freeze(after) }),
  }
}
