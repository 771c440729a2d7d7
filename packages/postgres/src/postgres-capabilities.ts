/** What a Postgres store says of itself. */
import type { Capabilities } from '@upkeep/core'
import type { ResolvedPostgresOptions } from './postgres-options.ts'

/** The capabilities of a store that is opened with `options`. */
export function postgresCapabilities({ readOnly }: ResolvedPostgresOptions): Capabilities {
  return Object.freeze({
    cancellation: 'server',
    vacuum: 'server',
    maintenance: 'server',
    singleMaintainer: 'server',
    concurrentReads: true,
    concurrentWrites: true,
    asyncContext: true,
    multiProcess: true,
    persistent: true,
    writable: !readOnly,
    // The server's own log is the server's.
    writeAheadLog: false,
    incrementalReclaim: false,
    backup: false,
  })
}
