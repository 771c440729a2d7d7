/**
 * How SQLite would run a statement, without running it.
 *
 * It prepares the statement where its tables are seen, on the shared reader or on the writer, and keeps it nowhere. It
 * takes no lock: an EXPLAIN reads no table and begins no transaction, whatever it explains.
 * Source: https://www.sqlite.org/eqp.html
 */
import type { CompiledQuery } from 'kysely'
import { bindParameters } from './bind-values.ts'
import { retryWhileBusy } from './busy-wait.ts'
import { assertAutocommit, type StatementRouter } from './statement-router.ts'

/** A line for each step. @throws what SQLite says of the statement; INVALID_ARGUMENT for one that would act here */
export async function explainStatement(
  router: StatementRouter,
  query: CompiledQuery,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { set } = router
  const sql = `EXPLAIN QUERY PLAN ${query.sql}`
  // A flag PRAGMA acts while it is prepared, even where it is only explained.
  assertAutocommit(router.classify(sql))
  return retryWhileBusy(set.busy, signal, () => {
    const { db } = set.reader ?? set.writer
    const rows = db.prepare(sql).all(bindParameters(query.parameters))
    return Object.freeze(rows.map(({ detail }) => String(detail)))
  })
}
