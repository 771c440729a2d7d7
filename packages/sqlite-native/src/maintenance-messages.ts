/** What the store and its maintenance process say to each other. */
import type { SerializedStoreError } from '@upkeep/core'
import type { OffloadResult, OffloadTask, ResolvedSqliteOptions } from '@upkeep/core/sqlite'
import type { ConnectionSetup } from './native-options.ts'

/** To the process: the database, once; then one task after another. */
export type MaintenanceRequest =
  | {
      readonly kind: 'open'
      readonly path: string
      readonly options: ResolvedSqliteOptions
      readonly setup: ConnectionSetup
    }
  | { readonly kind: 'task'; readonly task: OffloadTask }

/** From the process: that it has loaded its driver; then one answer for each task. */
export type MaintenanceResponse =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly rows: OffloadResult }
  | { readonly kind: 'error'; readonly error: SerializedStoreError }
