/** What the store, the keeper of its maintenance process and that process say to each other. */
import type { SerializedStoreError } from '@upkeep/core'
import type { FileIdentity, OffloadResult, OffloadTask, ResolvedSqliteOptions } from '@upkeep/core/sqlite'
import type { ConnectionSetup } from './native-options.ts'

/** The database a process works on. */
export interface MaintenanceTarget {
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly setup: ConnectionSetup
  /** The files that the store has open; the process works on no others. */
  readonly file: FileIdentity | undefined
}

/** To the process: the database, once; then one task after another. */
export type MaintenanceRequest =
  | { readonly kind: 'open'; readonly target: MaintenanceTarget }
  | { readonly kind: 'task'; readonly task: OffloadTask }

/** From the process: that it has loaded its driver; then one answer for each task. */
export type MaintenanceResponse =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly rows: OffloadResult }
  | { readonly kind: 'error'; readonly error: SerializedStoreError }

/** What the keeper starts with. */
export interface KeeperData {
  readonly target: MaintenanceTarget
  /** The application's Node; a thread would not see that it was set to another. */
  readonly execPath: string
}

/** To the keeper: what is for the process, or what to do with it. */
export type KeeperRequest = MaintenanceRequest | { readonly kind: 'kill' } | { readonly kind: 'close' }

/** From the keeper: what the process says, or that it has gone. */
export type KeeperResponse = MaintenanceResponse | { readonly kind: 'gone'; readonly how: string }
