/** What a Postgres store says of itself. */
import type { Capabilities } from '@upkeep/core'
import { POSTGRES_STEPS } from './maintenance/plan-server-steps.ts'
import type { ResolvedPostgresOptions } from './postgres-options.ts'

/** The capabilities of a store that is opened with `options`. */
export function postgresCapabilities({ readOnly }: ResolvedPostgresOptions): Capabilities {
  return Object.freeze({
    cancellation: 'server',
    vacuum: 'server',
    maintenance: 'server',
    singleMaintainer: 'server',
    maintenanceSteps: POSTGRES_STEPS,
    concurrentReads: true,
    concurrentWrites: true,
    // Every statement runs in the server already.
    workers: false,
    asyncContext: true,
    multiProcess: true,
    persistent: true,
    writable: !readOnly,
    // The server's own log is the server's.
    writeAheadLog: false,
    incrementalReclaim: false,
    backup: false,
    checkpointer: false,
    reopen: false,
    changeNotice: false,
  })
}
