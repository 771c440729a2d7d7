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
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteStatement } from './port.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { classifySqliteError } from './sqlite-errors.ts'
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
    const statement = prepare(set, set.reader ?? set.writer, sql)
    const rows = statement.all(bindParameters(query.parameters))
    return Object.freeze(rows.map(({ detail }) => String(detail)))
  })
}

/** @throws StoreError SYNTAX */
function prepare({ port }: ConnectionSet, { db }: SqliteConnection, sql: string): SqliteStatement {
  try {
    return db.prepare(sql)
  } catch (error) {
    throw classifySqliteError(port, error, 'explain', 'prepare')
  }
}
