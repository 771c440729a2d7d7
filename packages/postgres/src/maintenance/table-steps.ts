/**
 * The steps that go through tables one by one: VACUUM and ANALYZE.
 *
 * Which tables is decided anew when the step begins; what came of each is judged from what the server tells afterwards,
 * and the status of the step is the worst of them.
 */
import type { MaintenanceMeasures, MaintenanceStepResult, MaintenanceTableReport } from '@upkeep/core'
import { mostlyEmptyTables } from './bloat.ts'
import { chooseForAnalyze, chooseForVacuum, deadTupleLimit, type VacuumChoice } from './choose-tables.ts'
import { judgeAnalyze, judgeVacuum, judgeVacuumFull, NOT_PERMITTED, type TableOutcome } from './judge-table.ts'
import { readLocker } from './lock-holders.ts'
import { APPLICATION_NAME, type MaintenanceScope } from './maintenance-scope.ts'
import { runStatement, type StopCause } from './run-statement.ts'
import { settledTables } from './settled-stats.ts'
import { analyzeStatement, shownName, vacuumStatement } from './statements.ts'
import { summarizeTables } from './summarize-tables.ts'
import { readTables, readVacuumLimits, type TableFacts, type VacuumLimits } from './table-stats.ts'
import type { ProgressView } from './watch-table.ts'
import { heldThroughout, readXminHolders, type XminHolder } from './xmin-holders.ts'

/** One table that a step is to work on. */
interface Chosen {
  readonly table: TableFacts
  readonly reason: string
  readonly sql: string
  readonly view: ProgressView
  readonly judge: (outcome: TableOutcome, reason: string) => Pick<MaintenanceTableReport, 'status' | 'reason'>
}

/** What happened to one of them, before it is judged. */
type Attempt =
  | { readonly chosen: Chosen; readonly concluded: Pick<MaintenanceTableReport, 'status' | 'reason'> }
  | { readonly chosen: Chosen; readonly outcome: Omit<TableOutcome, 'after' | 'before' | 'deadTupleLimit'> }

/** Whether a step takes every table: those that are named need not be worthwhile. */
export function takesEverything({ run }: Pick<MaintenanceScope, 'run'>): boolean {
  return run.mode === 'full' || run.steps !== undefined
}

/** In mode `light` only what cannot wait. */
export function vacuumChoices(
  scope: Pick<MaintenanceScope, 'run'>,
  tables: readonly TableFacts[],
  limits: VacuumLimits,
): readonly VacuumChoice[] {
  const { mode, steps } = scope.run
  const choices = chooseForVacuum(tables, limits, takesEverything(scope))
  return mode === 'light' && steps === undefined ? choices.filter(({ freeze }) => freeze) : choices
}

export async function vacuumTables(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { version } = scope.server
  const { tables, limits } = await look(scope)
  const rewritten = new Set(await tablesToRewrite(scope))
  const wanted = vacuumChoices(scope, tables, limits)
  const chosen = wanted.map(({ table, reason, freeze }): Chosen => {
    if (rewritten.has(table.oid)) {
      const sql = vacuumStatement(table, version, 'full')
      return { table, reason: 'mostly empty space: rewritten', sql, view: 'cluster', judge: judgeVacuumFull }
    }
    const sql = vacuumStatement(table, version, freeze ? 'freeze' : 'plain')
    return { table, reason, sql, view: 'vacuum', judge: judgeVacuum }
  })
  return runTables(scope, 'vacuum', chosen, limits)
}

export async function analyzeTables(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { tables, limits } = await look(scope)
  const chosen = chooseForAnalyze(tables, limits, takesEverything(scope)).map(({ table, reason }): Chosen => {
    const sql = analyzeStatement(table, scope.server.version)
    return { table, reason, sql, view: 'analyze', judge: judgeAnalyze }
  })
  return runTables(scope, 'analyze', chosen, limits)
}

async function look({ client, server, schemas }: MaintenanceScope): Promise<{
  tables: readonly TableFacts[]
  limits: VacuumLimits
}> {
  const tables = await readTables(client.ask, server.version, schemas)
  return { tables, limits: await readVacuumLimits(client.ask) }
}

async function tablesToRewrite({ run, options, client, schemas }: MaintenanceScope): Promise<readonly number[]> {
  if (options.vacuumFull === false || run.mode !== 'full') return []
  return (await mostlyEmptyTables(client.ask, schemas)).map(({ oid }) => oid)
}

async function runTables(
  scope: MaintenanceScope,
  step: 'vacuum' | 'analyze',
  chosen: readonly Chosen[],
  limits: VacuumLimits,
): Promise<MaintenanceStepResult> {
  if (chosen.length === 0) return { status: 'skipped', reason: 'no table needs it any more' }
  const tell = tellPages(scope, step, chosen)
  const attempts: Attempt[] = []
  let holders = await holdersNow(scope, step)
  let stopped: StopCause | undefined
  for (const one of chosen) {
    if (stopped === 'aborted' || stopped === 'budget') {
      attempts.push({ chosen: one, concluded: notReached(stopped) })
      continue
    }
    const { attempt, cause, holdersAfter } = await tryTable(scope, step, one, holders, tell)
    attempts.push(attempt)
    holders = holdersAfter
    stopped = cause
    tell.finished(one.table)
  }
  const after = stopped === 'aborted' ? [] : await settledTables(scope, counted(attempts), step)
  return summarizeTables(attempts.map((attempt) => reportOf(attempt, after, limits)))
}

async function tryTable(
  scope: MaintenanceScope,
  step: 'vacuum' | 'analyze',
  chosen: Chosen,
  holders: readonly XminHolder[],
  tell: PageTeller,
): Promise<{ attempt: Attempt; cause: StopCause | undefined; holdersAfter: readonly XminHolder[] }> {
  const { table, sql, view } = chosen
  const left = leftAlone(table, step)
  if (left !== undefined) {
    return { attempt: { chosen, concluded: left }, cause: undefined, holdersAfter: holders }
  }
  const progress = (fraction: number): void => tell.within(table, fraction)
  const result = await runStatement(scope, sql, { relid: table.oid, view, progress })
  if ('stopped' in result) {
    const concluded = stoppedVerdict(result.stopped)
    return { attempt: { chosen, concluded }, cause: result.stopped, holdersAfter: holders }
  }
  const holdersAfter = await holdersNow(scope, step)
  const isLocked = result.notices.some(({ code }) => code === '55P03')
  const outcome = {
    notices: result.notices,
    holders: heldThroughout(holders, holdersAfter),
    lockedBy: isLocked ? await readLocker(scope, table.oid) : undefined,
  }
  return { attempt: { chosen, outcome }, cause: undefined, holdersAfter }
}

/** Known beforehand: nothing has to be tried. */
function leftAlone(
  table: TableFacts,
  step: 'vacuum' | 'analyze',
): Pick<MaintenanceTableReport, 'status' | 'reason'> | undefined {
  if (!table.canMaintain) return { status: 'failed', reason: NOT_PERMITTED }
  if (step === 'vacuum' && table.vacuumingPid !== undefined)
    return { status: 'skipped', reason: `session ${table.vacuumingPid} vacuums it already` }
  return undefined
}

function stoppedVerdict(cause: StopCause): Pick<MaintenanceTableReport, 'status' | 'reason'> {
  if (cause === 'aborted') return { status: 'aborted', reason: 'it was stopped' }
  if (cause === 'budget') return { status: 'blocked', reason: 'the budget is spent' }
  return { status: 'blocked', reason: 'somebody who waited for the table has ended it' }
}

function notReached(cause: 'aborted' | 'budget'): Pick<MaintenanceTableReport, 'status' | 'reason'> {
  return cause === 'aborted' ? { status: 'aborted', reason: 'the run was stopped before it' } : stoppedVerdict(cause)
}

/** Only dead rows have somebody who holds them. */
async function holdersNow({ client }: MaintenanceScope, step: 'vacuum' | 'analyze'): Promise<readonly XminHolder[]> {
  return step === 'vacuum' ? readXminHolders(client.ask, APPLICATION_NAME) : []
}

function counted(attempts: readonly Attempt[]): readonly TableFacts[] {
  return attempts.flatMap((attempt) => {
    const isDone = 'outcome' in attempt && attempt.outcome.notices.every(({ severity }) => severity !== 'WARNING')
    return isDone && attempt.chosen.judge !== judgeVacuumFull ? [attempt.chosen.table] : []
  })
}

function reportOf(attempt: Attempt, after: readonly TableFacts[], limits: VacuumLimits): MaintenanceTableReport {
  const { table, reason, judge } = attempt.chosen
  const name = shownName(table)
  const before = measuresOf(table)
  if ('concluded' in attempt) return { name, ...attempt.concluded, before }
  const now = after.find(({ oid }) => oid === table.oid)
  const outcome = { ...attempt.outcome, before: table, after: now, deadTupleLimit: deadTupleLimit(table, limits) }
  return { name, ...judge(outcome, reason), before, ...(now !== undefined && { after: measuresOf(now) }) }
}

function measuresOf({ liveTuples, deadTuples, modifiedTuples, pageCount, xidAge }: TableFacts): MaintenanceMeasures {
  return { deadTuples, liveTuples, modifiedTuples, pageCount, xidAge }
}

/** Tells pages over all tables, never back. */
interface PageTeller {
  within(table: TableFacts, fraction: number): void
  finished(table: TableFacts): void
}

function tellPages({ run }: MaintenanceScope, step: 'vacuum' | 'analyze', chosen: readonly Chosen[]): PageTeller {
  // A table that was never vacuumed has no pages on record.
  const pagesOf = (table: TableFacts): number => Math.max(1, table.pageCount)
  const total = chosen.reduce((sum, { table }) => sum + pagesOf(table), 0)
  let finished = 0
  let told = -1
  const tell = (done: number): void => {
    const pages = Math.min(total, Math.floor(done))
    if (pages <= told) return
    told = pages
    run.progress(step, told, total, 'pages')
  }
  tell(0)
  return {
    within: (table, fraction) => tell(finished + pagesOf(table) * fraction),
    finished(table) {
      finished += pagesOf(table)
      tell(finished)
    },
  }
}
