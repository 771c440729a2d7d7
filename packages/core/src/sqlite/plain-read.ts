/**
 * Plain reads outside of any session's connection: on the shared reader, or, where they are long, on a worker.
 */
import type { CompiledQuery, QueryResult } from 'kysely'
import type { StatementContext } from '../contract/backend.ts'
import type { LongStatements } from './executors/long-statements.ts'
import type { StatementClass } from './statement-class.ts'
import type { StatementRouter } from './statement-router.ts'

/** Runs a plain read; `undefined` for what is none, or where there is no shared reader. */
export async function runPlainRead(
  router: StatementRouter,
  long: LongStatements,
  query: CompiledQuery,
  kind: StatementClass,
  ctx: StatementContext,
): Promise<QueryResult<unknown> | undefined> {
  const { sql, parameters } = query
  const { reader } = router.set
  if (reader === undefined) return undefined
  // One that is long is not kept prepared here: it is known to be a plain read already.
  const read = long.isLongRead(sql) ? undefined : await router.plainRead(sql, kind, ctx.signal)
  if (read === undefined && !long.isLongRead(sql)) return undefined
  return long.run(query, kind, 'read', ctx, (limitMs) => {
    const statement = read ?? reader.prepare(sql)
    return reader.execute(statement, parameters, limitMs)
  })
}

/** Whether a statement is a plain read that the shared reader could run. */
export async function isPlainRead(
  router: StatementRouter,
  long: LongStatements,
  sql: string,
  kind: StatementClass,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return long.isLongRead(sql) || (await router.plainRead(sql, kind, signal)) !== undefined
}
