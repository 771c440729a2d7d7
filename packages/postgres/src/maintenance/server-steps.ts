/** The steps that are about the server as a whole: the look at it, the statistics of the database, CHECKPOINT. */
import type { MaintenanceMeasures, MaintenanceStepResult } from '@upkeep/core'
import { chooseForAnalyze, chooseForVacuum } from './choose-tables.ts'
import { NOTES_TABLE } from './maintainer-notes.ts'
import { APPLICATION_NAME, type MaintenanceScope } from './maintenance-scope.ts'
import { runStatement } from './run-statement.ts'
import { DATABASE_STATS_STATEMENT, vacuumStatement } from './statements.ts'
import { readTables, readVacuumLimits } from './table-stats.ts'
import { readWraparound } from './wraparound.ts'
import { readXminHolders } from './xmin-holders.ts'

/** Looks, and changes nothing. */
export async function inspectServer(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { server } = scope
  const about: Record<string, number | string | boolean> = {
    serverVersion: server.version,
    flavour: server.flavour.name,
    pooled: server.isPooled,
  }
  if (server.databaseSizeBytes !== undefined) about.databaseSizeBytes = server.databaseSizeBytes
  if (!server.flavour.hasStatisticsViews) return { status: 'done', after: about }
  return { status: 'done', after: { ...about, ...(await inspectTables(scope)) } }
}

async function inspectTables({ client, server, schemas }: MaintenanceScope): Promise<MaintenanceMeasures> {
  const tables = await readTables(client.ask, server.version, schemas)
  const limits = await readVacuumLimits(client.ask)
  const [holder] = await readXminHolders(client.ask, APPLICATION_NAME)
  const { xidAge } = await readWraparound(client.ask)
  return {
    tableCount: tables.length,
    deadTuples: tables.reduce((sum, { deadTuples }) => sum + deadTuples, 0),
    vacuumTableCount: chooseForVacuum(tables, limits, false).length,
    analyzeTableCount: chooseForAnalyze(tables, limits, false).length,
    xidAge,
    ...(holder !== undefined && { oldestXmin: holder.label, oldestXminAge: holder.xminAge }),
  }
}

/**
 * The database is as old as its oldest table; each VACUUM of 16 and newer leaves that out. Before, every one does it, so
 * that of the smallest table there is does.
 */
export async function updateDatabaseStats(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const { version, schema } = scope.server
  const isOwnStatement = version >= 160_000
  if (!isOwnStatement && schema === undefined)
    return { status: 'skipped', reason: 'there is no table to vacuum for it' }
  const before = await ages(scope)
  const sql = isOwnStatement
    ? DATABASE_STATS_STATEMENT
    : vacuumStatement({ schema: schema ?? '', name: NOTES_TABLE }, version)
  const outcome = await runStatement(scope, sql)
  if ('notices' in outcome && outcome.notices.some(({ severity }) => severity === 'WARNING'))
    return { status: 'blocked', reason: 'the table that is vacuumed for it is locked, or not ours', before }
  return ended(outcome, before, () => ages(scope))
}

/** @throws PERMISSION */
export async function checkpointServer(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  return ended(await runStatement(scope, 'CHECKPOINT'), undefined, undefined)
}

async function ages({ client }: MaintenanceScope): Promise<MaintenanceMeasures> {
  const { xidAge, multixactAge } = await readWraparound(client.ask)
  return { xidAge, multixactAge }
}

async function ended(
  outcome: Awaited<ReturnType<typeof runStatement>>,
  before: MaintenanceMeasures | undefined,
  look: (() => Promise<MaintenanceMeasures>) | undefined,
): Promise<MaintenanceStepResult> {
  if (!('stopped' in outcome)) return { status: 'done', before, after: await look?.() }
  if (outcome.stopped === 'aborted') return { status: 'aborted', reason: 'it was stopped', before }
  return { status: 'blocked', reason: 'the budget is spent', before }
}
