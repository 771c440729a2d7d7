/**
 * The lock that one migrator has at a time, among all that use this database: stores, and Kysely's own Migrator with
 * its stock dialect, whose key it is.
 *
 * It is held by a connection of its own, so it needs nothing that a session may hold, and goes with its holder. Behind a
 * transaction pooler a lock of a session would be somebody else's: there it is held by a transaction that stays open and
 * does nothing else; it keeps no snapshot, so it is in no vacuum's way.
 * Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
import { type StatementContext, StoreError, type StoreErrorCode } from '@upkeep/core'
import type { ServerConnection } from './server-connection.ts'
import type { ServerConnector } from './server-connector.ts'
import { TextRequest } from './server-request.ts'
import type { StatementRunner } from './statement-runner.ts'

/** Of Kysely's PostgresAdapter; see `test/migration-lock.test.ts`. */
const LOCK_ID = '3853314791062309107'
/** A migration may take long; whoever waits for it waits at most this long. */
const TIMEOUT_MS = 600_000
/** A lock that is held does nothing for as long as the migrations take. */
const SETTINGS = {
  // The store's own clock is first.
  lock_timeout: String(TIMEOUT_MS + 1000),
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
}

/** What the end of the wait is told as by the server, and by the store's own clock. */
const LATE: ReadonlySet<StoreErrorCode> = new Set(['BUSY', 'TIMEOUT'])

export class MigrationLock {
  readonly #connector: ServerConnector
  readonly #runner: StatementRunner

  constructor(connector: ServerConnector, runner: StatementRunner) {
    this.#connector = connector
    this.#runner = runner
  }

  /** Waits for the lock; the answer gives it back, and never rejects. @throws BUSY after ten minutes, ABORTED, CONNECTION */
  async acquire({ signal }: StatementContext): Promise<() => Promise<void>> {
    const connection = await this.#connector.connect({ signal, settings: SETTINGS, purpose: 'migration' })
    try {
      const request = new TextRequest(lockText(connection))
      await this.#runner.run(connection, request, 'migrate', { signal, timeoutMs: TIMEOUT_MS })
    } catch (error) {
      void connection.close()
      if (error instanceof StoreError && LATE.has(error.code)) throw busy(error)
      throw error
    }
    return async () => this.#release(connection)
  }

  /** With its connection goes the lock; said before, it goes at once. */
  async #release(connection: ServerConnection): Promise<void> {
    const text = connection.facts.isPooled ? 'ROLLBACK' : `select pg_advisory_unlock(${LOCK_ID})`
    await this.#runner.text(connection, text, 'migrate').catch(() => undefined)
    void connection.close()
  }
}

function lockText({ facts }: ServerConnection): string {
  if (!facts.isPooled) return `select pg_advisory_lock(${LOCK_ID})`
  const settings = Object.entries(SETTINGS).map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
  return ['BEGIN', ...settings, `select pg_advisory_xact_lock(${LOCK_ID})`].join('; ')
}

function busy({ nativeCode }: StoreError): StoreError {
  return new StoreError('BUSY', 'another migration is running', { operation: 'migrate', nativeCode })
}
