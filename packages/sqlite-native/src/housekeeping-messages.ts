/** What a store and its housekeeping thread say to each other. */
import type { SerializedStoreError } from '@upkeep/core'
import type { OffloadResult, OffloadTask } from '@upkeep/core/sqlite'
import type { MaintenanceTarget } from './maintenance-messages.ts'

/** What the thread starts with. */
export interface HousekeepingData {
  readonly target: MaintenanceTarget
  /** The addon that it must load; `undefined` for the one it finds. */
  readonly addonPath: string | undefined
}

/** To the thread: tasks, which it does one after the other; then the end. */
export type HousekeepingRequest =
  | { readonly kind: 'task'; readonly id: number; readonly task: OffloadTask }
  | { readonly kind: 'close' }

/** From the thread: an answer for each task. */
export type HousekeepingResponse =
  | { readonly kind: 'rows'; readonly id: number; readonly rows: OffloadResult }
  | { readonly kind: 'error'; readonly id: number; readonly error: SerializedStoreError }
