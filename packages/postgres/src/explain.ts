/**
 * How the server would run a statement, without running it and without a value that was bound.
 *
 * EXPLAIN with bound parameters shows them in its conditions. So the statement is prepared in SQL and explained as a
 * generic plan, whose conditions hold `$1`.
 * Source: https://www.postgresql.org/docs/current/sql-prepare.html, #GUC-PLAN-CACHE-MODE
 */
import { invalidArgument } from '@upkeep/core'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import { PostgresTransaction } from './postgres-transaction.ts'
import type { ServerConnection } from './server-connection.ts'
import type { BoundStatement } from './statement-checks.ts'
import { mayWrite } from './statement-class.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

const NAME = 'upkeep_explain'

/** A line for each step. @throws what the server says of the statement; INVALID_ARGUMENT for one that has no plan */
export async function explainStatement(
  runner: StatementRunner,
  connection: ServerConnection,
  options: ResolvedPostgresOptions,
  { sql, values, kind }: BoundStatement,
  limits: StatementLimits,
): Promise<readonly string[]> {
  if (kind !== 'read' && kind !== 'write') throw invalidArgument('only queries have a plan', 'explain')
  const settings = mayWrite(kind) ? {} : ({ accessMode: 'read only' } as const)
  const transaction = await new PostgresTransaction(runner, connection, options, settings).begin(limits)
  const run = (text: string) =>
    runner.execute(connection, { sql: text, values: [], kind: 'command' }, { ...limits, isOurs: true })
  try {
    await run('SET LOCAL plan_cache_mode = force_generic_plan')
    // By the extended protocol: a second statement in the text is refused.
    await run(`PREPARE ${NAME} AS ${sql}`)
    try {
      const nulls = values.length === 0 ? '' : `(${values.map(() => 'NULL').join(', ')})`
      const { rows } = await run(`EXPLAIN EXECUTE ${NAME}${nulls}`)
      return Object.freeze(rows.map((row) => String((row as Record<string, unknown>)['QUERY PLAN'])))
    } finally {
      // Prepared statements outlive their transaction.
      connection.isDirty = true
    }
  } finally {
    await transaction.rollbackQuietly()
    if (connection.lost === undefined && !connection.inTransaction) {
      await runner.text(connection, `DEALLOCATE ${NAME}`, 'explain').then(
        () => {
          connection.isDirty = false
        },
        () => undefined,
      )
    }
  }
}
