/**
 * Decides on which connection a statement runs, and runs it there.
 *
 * A plain read runs on the shared reader: chosen by its words, then confirmed by SQLite (read-only, and with result
 * columns). Everything else runs on the writer, under the write lock.
 */
import type { QueryResult } from 'kysely'
import { invalidArgument, type StoreError } from '../errors/store-error.ts'
import { retryWhileBusy } from './busy-wait.ts'
import type { ConnectionSet } from './connection-set.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { PreparedStatement } from './sqlite-statement.ts'
import { classifyStatement, type StatementClass } from './statement-class.ts'

export class StatementRouter {
  readonly set: ConnectionSet
  /** Functions of the application: who knows what they do, so statements that call one run on the writer. */
  readonly #customFunctions: ReadonlySet<string>

  constructor(set: ConnectionSet, customFunctions: readonly string[]) {
    this.set = set
    this.#customFunctions = new Set(customFunctions.map((name) => name.toLowerCase()))
  }

  /** The class of a statement in this store. */
  classify(sql: string): StatementClass {
    return classifyStatement(sql, this.#customFunctions)
  }

  /** The statement, compiled for the shared reader, if it is a plain read and there is a reader. */
  async plainRead(
    sql: string,
    kind: StatementClass,
    signal: AbortSignal | undefined,
  ): Promise<PreparedStatement | undefined> {
    const { reader, busy } = this.set
    if (kind !== 'read' || reader === undefined) return undefined
    const cached = reader.cached(sql)
    if (cached !== undefined) return cached
    const statement = await retryWhileBusy(busy, signal, () => reader.prepare(sql))
    if (!statement.isPlainRead) return undefined
    reader.keep(sql, statement)
    return statement
  }

  /** Runs a statement on `connection`, whose locks the caller has, within `limitMs`. @throws StatementStopped */
  run(
    connection: SqliteConnection,
    sql: string,
    kind: StatementClass,
    parameters: readonly unknown[],
    limitMs: number | undefined,
  ): QueryResult<unknown> {
    const result = runStatement(connection, sql, kind, parameters, limitMs)
    if (changesSchema(kind)) this.set.schemaChanged({ temporary: kind === 'temporary schema' })
    return result
  }
}

/** Runs a statement on `connection`, prepared once where it may be kept; wherever that connection lives. */
export function runStatement(
  connection: SqliteConnection,
  sql: string,
  kind: StatementClass,
  parameters: readonly unknown[],
  limitMs: number | undefined,
): QueryResult<unknown> {
  return connection.execute(connection.cached(sql) ?? prepareStatement(connection, sql, kind), parameters, limitMs)
}

function prepareStatement(connection: SqliteConnection, sql: string, kind: StatementClass): PreparedStatement {
  if (kind === 'vacuum') throw refuseVacuum()
  const statement = connection.prepare(sql)
  // A flag PRAGMA acts while it is prepared and does nothing when it is run again; a schema change runs once.
  if (kind === 'read' || kind === 'write') connection.keep(sql, statement)
  return statement
}

/** Whether prepared statements and column types are of the past afterwards. */
export function changesSchema(kind: StatementClass): boolean {
  return kind === 'schema' || kind === 'temporary schema'
}

/** Refuses what would change a connection that is shared. */
export function assertAutocommit(kind: StatementClass): void {
  switch (kind) {
    case 'transaction':
      throw invalidArgument('transactions are begun by store.transaction() or db.transaction(), not by SQL', 'query')
    case 'connection':
      throw invalidArgument(
        'a statement that changes the connection needs one of its own: store.withConnection() or db.connection()',
        'query',
      )
    case 'vacuum':
      throw refuseVacuum()
    default:
  }
}

function refuseVacuum(): StoreError {
  return invalidArgument("VACUUM holds the thread and the write lock; use store.maintenance({ mode: 'full' })", 'query')
}
