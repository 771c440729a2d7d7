/**
 * What is known of a statement before anything is sent: that its parameters can be bound, and that it may run where it
 * is asked to.
 */
import { invalidArgument, StoreError } from '@upkeep/core'
import type { CompiledQuery } from 'kysely'
import { type BoundValue, bindParameters } from './bind-values.ts'
import type { ServerConnection } from './server-connection.ts'
import { type StatementClass, StatementClasses } from './statement-class.ts'

/** A statement, checked. */
export interface BoundStatement {
  readonly sql: string
  readonly values: readonly BoundValue[]
  readonly kind: StatementClass
}

export class StatementChecks {
  readonly #classes = new StatementClasses()

  /** @throws INVALID_ARGUMENT for a parameter that is none, or a VACUUM */
  bound({ sql, parameters }: CompiledQuery): BoundStatement {
    // It ends the text in the protocol, and what comes after it would be read as something else.
    if (sql.includes('\0')) throw invalidArgument('the text of a statement has a NUL character', 'query')
    const kind = this.#classes.of(sql)
    if (kind === 'vacuum') throw invalidArgument('VACUUM is done by maintenance()', 'query')
    return { sql, values: bindParameters(parameters), kind }
  }
}

/** For a statement on its own: the next one may have another connection. @throws INVALID_ARGUMENT */
export function assertAutocommit(kind: StatementClass): void {
  if (kind === 'transaction') throw invalidArgument('transactions are begun with transaction()', 'query')
  if (kind === 'connection' || kind === 'local') {
    throw invalidArgument(
      'this changes a connection or needs a transaction; use withConnection() or transaction()',
      'query',
    )
  }
}

/** For a statement on a connection of its own, which it may change. @throws INVALID_ARGUMENT, UNSUPPORTED */
export function assertOnSession(kind: StatementClass, connection: ServerConnection, inTransaction: boolean): void {
  if (kind === 'transaction' && inTransaction) {
    throw invalidArgument('this transaction is ended by its owner, and savepoints are made by nested()', 'query')
  }
  if (kind !== 'connection') return
  if (connection.facts.isPooled) {
    const message = 'behind a transaction pooler a connection has nothing of its own; use SET LOCAL in a transaction'
    throw new StoreError('UNSUPPORTED', message, { operation: 'query' })
  }
  connection.isDirty = true
}
