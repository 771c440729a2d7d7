/**
 * A transaction on a session's connection: BEGIN, COMMIT, ROLLBACK, savepoints, and what their answers mean.
 *
 *   due ──begin(), or takeBegin() and the first statement──▶ begun ──commit(), rollback()──▶ over
 *
 * BEGIN takes no snapshot and no lock, so it can go out together with the first statement, which saves a round trip.
 *
 * A COMMIT that the server answers with ROLLBACK is an error; one whose answer was lost is OUTCOME_UNKNOWN. Where it
 * cannot be known how a transaction has ended, its connection is never used again.
 */
import { StoreError } from '@upkeep/core'
import type { IsolationLevel, TransactionSettings } from 'kysely'
import { quoteName } from './maintenance/quote-name.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'
import type { ServerConnection } from './server-connection.ts'
import { TextRequest } from './server-request.ts'
import { localSettings } from './server-settings.ts'
import type { StatementLimits, StatementRunner } from './statement-runner.ts'

export class PostgresTransaction {
  readonly #runner: StatementRunner
  readonly #connection: ServerConnection
  /** What is to be sent before anything else; `undefined` once it was. */
  #begin: string | undefined

  /** Whether it was not begun as one that only reads. */
  readonly mayWrite: boolean
  /** Whether BEGIN may wait for the first statement: it is all that is to be sent. */
  readonly canWait: boolean

  constructor(
    runner: StatementRunner,
    connection: ServerConnection,
    options: ResolvedPostgresOptions,
    settings: TransactionSettings,
  ) {
    this.#runner = runner
    this.#connection = connection
    this.mayWrite = settings.accessMode !== 'read only'
    const [begin, ...others] = beginTexts(connection, options, settings)
    this.#begin = [begin, ...others].join('; ')
    this.canWait = others.length === 0
  }

  /** Whether the server has heard of it, or is about to. */
  get isBegun(): boolean {
    return this.#begin === undefined
  }

  /** Begins it unless it has begun. @throws what the server says, ABORTED, TIMEOUT, CONNECTION */
  async begin(limits: StatementLimits = {}): Promise<this> {
    const begin = this.takeBegin()
    if (begin !== undefined) await this.#runner.text(this.#connection, begin, 'begin', limits)
    return this
  }

  /** What the caller sends before its statement, in one message with it. */
  takeBegin(): string | undefined {
    const begin = this.#begin
    this.#begin = undefined
    return begin
  }

  /** @throws what COMMIT said, OUTCOME_UNKNOWN; the transaction is over in any case */
  async commit(): Promise<void> {
    if (!this.isBegun) return
    const { tag } = await this.#runner.run(this.#connection, new TextRequest('COMMIT'), 'commit', {}, true)
    if (tag !== 'COMMIT') {
      throw new StoreError('UNKNOWN', 'the server has rolled the transaction back instead of committing it', {
        operation: 'commit',
        nativeCode: IN_FAILED_TRANSACTION,
      })
    }
  }

  async rollback(): Promise<void> {
    // It may not have begun, also where its BEGIN was stopped.
    if (!this.#connection.inTransaction) return
    try {
      await this.#runner.text(this.#connection, 'ROLLBACK', 'rollback')
    } catch (error) {
      this.#connection.isSpoilt = true
      throw error
    }
  }

  /** For where another error is the one to tell. */
  async rollbackQuietly(): Promise<void> {
    // The server has rolled back by itself where the connection is gone.
    if (this.#connection.lost === undefined) await this.rollback().catch(() => undefined)
  }

  async savepoint(command: 'SAVEPOINT' | 'ROLLBACK TO' | 'RELEASE', name: string): Promise<void> {
    await this.begin()
    await this.#runner.text(this.#connection, `${command} ${quoteName(name)}`, 'savepoint')
  }
}

/** Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const IN_FAILED_TRANSACTION = '25P02'

/** At least what is asked for. Source: https://www.postgresql.org/docs/current/transaction-iso.html */
const LEVELS: Readonly<Record<IsolationLevel, string>> = {
  'read uncommitted': 'READ COMMITTED',
  'read committed': 'READ COMMITTED',
  'repeatable read': 'REPEATABLE READ',
  snapshot: 'REPEATABLE READ',
  serializable: 'SERIALIZABLE',
}

/** BEGIN, and what must go out with it. */
function beginTexts(
  connection: ServerConnection,
  options: ResolvedPostgresOptions,
  { isolationLevel, accessMode }: TransactionSettings,
): string[] {
  const isReadOnly = accessMode === 'read only' || options.readOnly
  // Only so does a transaction that reads see one snapshot.
  const level = isolationLevel ?? (accessMode === 'read only' ? 'repeatable read' : undefined)
  const modes = [level && `ISOLATION LEVEL ${LEVELS[level]}`, isReadOnly && 'READ ONLY'].filter(Boolean).join(' ')
  const local = connection.facts.isPooled ? localSettings(options) : ''
  // BEGIN alone takes no snapshot; the first read does.
  const snapshot = accessMode === 'read only' ? 'SELECT 1' : ''
  return [`BEGIN ${modes}`.trim(), local, snapshot].filter((part) => part !== '')
}
