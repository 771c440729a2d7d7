/** What the steps of one run share. */
import type { Clock, MaintenanceRun, StoreLog } from '@upkeep/core'
import type { DedicatedClient } from './dedicated-client.ts'
import type { ServerFacts } from './detect-server.ts'
import type { ResolvedPostgresMaintenance } from './maintenance-options.ts'

/** How every connection of maintenance calls itself, before who it belongs to. */
export const APPLICATION_NAME = 'upkeep maintenance'

/** What every step of a run has. */
export interface MaintenanceScope {
  readonly run: MaintenanceRun
  readonly clock: Clock
  readonly log: StoreLog
  readonly options: ResolvedPostgresMaintenance
  readonly server: ServerFacts
  /** The schemas whose tables are ours. */
  readonly schemas: readonly string[]
  /** Runs the statements. */
  readonly client: DedicatedClient
  /** A second connection, for looking at the first and for stopping it; opened when it is first asked for. */
  watch(): Promise<DedicatedClient>
  /** Aborts when the run has to end: by its own signal, or because somebody else has become the maintainer. */
  readonly signal: AbortSignal
}
