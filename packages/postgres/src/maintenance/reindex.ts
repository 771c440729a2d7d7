/**
 * Builds indexes anew beside reads and writes, one at a time, and leaves nothing behind of one that did not get to its end.
 *
 * REINDEX CONCURRENTLY that is stopped leaves an invalid index beside the old one, `<name>_ccnew`, or after the swap
 * `<name>_ccold`, which every write has to keep up to date. What this has left it drops, and what a killed process has
 * left the next run does. DROP INDEX waits for whoever builds on that table now, and for a little while only.
 * Source: https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
 */
import { isStoreError, type MaintenanceStepResult, type MaintenanceTableReport } from '@upkeep/core'
import { mostlyEmptyIndexes } from './bloat.ts'
import type { Row } from './dedicated-client.ts'
import { NOT_PERMITTED } from './judge-table.ts'
import { readLocker } from './lock-holders.ts'
import { NOTES_TABLE } from './maintainer-notes.ts'
import type { MaintenanceScope } from './maintenance-scope.ts'
import { runStatement } from './run-statement.ts'
import { dropIndexStatement, reindexStatement, shownName } from './statements.ts'
import { summarizeTables } from './summarize-tables.ts'
import { takesEverything } from './table-steps.ts'
import { readXminHolders } from './xmin-holders.ts'

/** One index of a table of ours that has storage. */
export interface IndexFacts {
  readonly oid: number
  readonly tableOid: number
  readonly schema: string
  readonly name: string
  readonly isValid: boolean
  /** Of an exclusion constraint, which cannot be built beside writes. */
  readonly isExclusion: boolean
  readonly canMaintain: boolean
  readonly pageCount: number
}

const indexesQuery = (maintainPrivilege: string): string => `
  SELECT i.indexrelid::int8::float8 AS oid, i.indrelid::int8::float8 AS table_oid, n.nspname AS schema, c.relname AS name,
    i.indisvalid AS valid, i.indisexclusion AS exclusion, c.relpages::float8 AS pages,
    pg_has_role(current_user, t.relowner, 'USAGE') OR pg_has_role(current_user, d.datdba, 'USAGE')
      ${maintainPrivilege} AS can_maintain
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_database d ON d.datname = current_database()
  WHERE n.nspname = ANY ($1) AND c.relkind = 'i' AND t.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND t.relname <> $2
  ORDER BY n.nspname, c.relname`

/** What a REINDEX that was stopped leaves. */
const LEFTOVER = /_cc(new|old)\d*$/

/** The indexes of our schemas. */
export async function readIndexes({ client, server, schemas }: MaintenanceScope): Promise<readonly IndexFacts[]> {
  const maintainPrivilege = server.version >= 170_000 ? "OR has_table_privilege(t.oid, 'MAINTAIN')" : ''
  return (await client.ask(indexesQuery(maintainPrivilege), [schemas, NOTES_TABLE])).map(indexFacts)
}

export async function reindex(scope: MaintenanceScope): Promise<MaintenanceStepResult> {
  const indexes = await readIndexes(scope)
  const reports: MaintenanceTableReport[] = []
  for (const left of indexes.filter(isLeftover)) reports.push(await dropLeftover(scope, left))
  const wanted = await chooseIndexes(
    scope,
    indexes.filter((index) => !isLeftover(index)),
  )
  const total = wanted.length
  scope.run.progress('reindex', 0, total, 'tables')
  for (const [done, { index, reason }] of wanted.entries()) {
    reports.push(await reindexOne(scope, index, reason))
    scope.run.progress('reindex', done + 1, total, 'tables')
  }
  return reports.length === 0 ? { status: 'skipped', reason: 'no index needs it' } : summarizeTables(reports)
}

async function chooseIndexes(
  scope: MaintenanceScope,
  indexes: readonly IndexFacts[],
): Promise<readonly { index: IndexFacts; reason: string }[]> {
  const empty = new Set((await mostlyEmptyIndexes(scope.client.ask, scope.schemas)).map(({ oid }) => oid))
  return indexes.flatMap((index) => {
    if (!index.isValid) return [{ index, reason: 'it is invalid' }]
    if (empty.has(index.oid)) return [{ index, reason: 'it is mostly empty space' }]
    return takesEverything(scope) ? [{ index, reason: 'asked for' }] : []
  })
}

async function reindexOne(scope: MaintenanceScope, index: IndexFacts, reason: string): Promise<MaintenanceTableReport> {
  const name = shownName(index)
  const before = { pageCount: index.pageCount }
  if (!index.canMaintain) return { name, status: 'failed', reason: NOT_PERMITTED, before }
  if (index.isExclusion)
    return { name, status: 'skipped', reason: 'an exclusion constraint cannot be built anew beside writes', before }
  const undone = await tryReindex(scope, index)
  if (undone !== undefined) {
    const left = await dropLeftoversOf(scope, index)
    return { name, ...undone, reason: left === 0 ? undone.reason : `${undone.reason}; ${left} invalid left`, before }
  }
  const now = await readIndexes(scope)
  const after = now.find((one) => one.schema === index.schema && one.name === index.name)
  // The new one has the name of the old one, and an oid of its own.
  if (after === undefined || after.oid === index.oid || !after.isValid)
    return { name, status: 'failed', reason: 'UNKNOWN: the server answered and has not built it anew', before }
  return { name, status: 'done', reason, before, after: { pageCount: after.pageCount } }
}

type Undone = Pick<MaintenanceTableReport, 'status' | 'reason'>

/** Answers why it was not built; `undefined` where the server says that it was. */
async function tryReindex(scope: MaintenanceScope, index: IndexFacts): Promise<Undone | undefined> {
  try {
    const outcome = await runStatement(scope, reindexStatement(index), {
      relid: index.tableOid,
      view: 'create_index',
      progress: () => undefined,
    })
    if (!('stopped' in outcome)) return undefined
    if (outcome.stopped === 'aborted') return { status: 'aborted', reason: 'it was stopped' }
    const reason =
      outcome.stopped === 'budget' ? 'the budget is spent' : 'somebody who waited for the table has ended it'
    return { status: 'blocked', reason }
  } catch (error) {
    if (!isStoreError(error)) throw error
    const { code, nativeCode } = error
    if (code === 'CONNECTION') throw error
    if (nativeCode === '55P03')
      return { status: 'blocked', reason: `it had to wait for ${await whoIsInTheWay(scope, index)}` }
    if (nativeCode === '42P01' || nativeCode === '42704') return { status: 'skipped', reason: 'the index is gone' }
    return { status: 'failed', reason: `${code}${nativeCode === undefined ? '' : ` (${nativeCode})`}` }
  }
}

/** It waits for locks on the table, and for everybody who may still use the old index. */
async function whoIsInTheWay(scope: MaintenanceScope, index: IndexFacts): Promise<string> {
  const locker = await readLocker(scope, index.tableOid)
  if (locker !== undefined) return locker
  const [oldest] = await readXminHolders(scope.client.ask, undefined)
  return oldest?.label ?? 'another session'
}

/** Also after an abort, when nothing else runs any more. Answers how many could not be dropped. */
async function dropLeftoversOf(scope: MaintenanceScope, index: IndexFacts): Promise<number> {
  try {
    const indexes = await readIndexes(scope)
    const left = indexes.filter((one) => one.tableOid === index.tableOid && isLeftover(one))
    const dropped = []
    for (const one of left) dropped.push(await dropLeftover(scope, one))
    return dropped.filter(({ status }) => status !== 'done').length
  } catch {
    // The connection went with the statement that was stopped. The next run looks again.
    return 1
  }
}

async function dropLeftover({ client, log }: MaintenanceScope, index: IndexFacts): Promise<MaintenanceTableReport> {
  const name = shownName(index)
  const before = { pageCount: index.pageCount }
  if (!index.canMaintain) return { name, status: 'failed', reason: NOT_PERMITTED, before }
  try {
    await client.ask(dropIndexStatement(index))
    return { name, status: 'done', reason: 'a REINDEX that was stopped had left it: dropped', before }
  } catch (error) {
    if (!isStoreError(error) || error.code === 'CONNECTION') throw error
    log.debug?.('an invalid index could not be dropped', { code: error.code, nativeCode: error.nativeCode })
    const isLocked = error.nativeCode === '55P03'
    const reason = isLocked ? 'a REINDEX that was stopped has left it, and the table is in use' : error.code
    return { name, status: isLocked ? 'blocked' : 'failed', reason, before }
  }
}

function isLeftover({ isValid, name }: IndexFacts): boolean {
  return !isValid && LEFTOVER.test(name)
}

function indexFacts(row: Row): IndexFacts {
  return {
    oid: Number(row.oid),
    tableOid: Number(row.table_oid),
    schema: String(row.schema),
    name: String(row.name),
    isValid: row.valid === true,
    isExclusion: row.exclusion === true,
    canMaintain: row.can_maintain === true,
    pageCount: Number(row.pages),
  }
}
