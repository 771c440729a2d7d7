/** Where a store is in its life, and what `close()` takes and answers. */
import type { StoreErrorCode } from '../errors/error-code.ts'
import type { Context } from './context.ts'
import type { MaintenanceMode, MaintenanceReport } from './maintenance.ts'

/** Where a store is in its life. */
export type StoreStatus = 'open' | 'closing' | 'closed'

/** Options of `store.close()`. `signal` and `timeoutMs` (milliseconds) shorten the drain and the maintenance. */
export interface CloseContext extends Context {
  /** In milliseconds: what is running gets this long to finish, then it is aborted with `CLOSED`. @default 5000 */
  readonly drainMs?: number | undefined
  /** Maintenance done before the handles are released; `false` for none. @default 'auto' */
  readonly maintenanceOnClose?: MaintenanceMode | false | undefined
  /** In milliseconds: no new maintenance step begins after this. @default 5000 */
  readonly budgetMs?: number | undefined
}

/** What `store.close()` resolves to. */
export interface CloseReport {
  /** Everything had finished by itself, maintenance was not cut short and no write-ahead log is left. */
  readonly clean: boolean
  /** How long closing took, in milliseconds. */
  readonly durationMs: number
  /** The report of the last maintenance; absent if there was none, or if it could not report. */
  readonly maintenance?: MaintenanceReport | undefined
  /** Size of the write-ahead log that was left, in bytes; absent where there is none. */
  readonly walSizeBytes?: number | undefined
  /**
   * Operations that had to be aborted because they outlasted `drainMs`; attachments that did not stop in time; tasks of
   * maintenance that ignore their signal and are still at work.
   */
  readonly abandoned: number
  /** `REPLACED` or `CORRUPT`, where the file was not left as it should be: nothing was written to it any more. */
  readonly failure?: StoreErrorCode | undefined
  /** Absolute paths of the log of a file that was replaced: put aside, so that the one in its place is not harmed. */
  readonly setAside?: readonly string[] | undefined
}

/** What `store.reopen()` resolves to. */
export interface ReopenReport {
  /** The backend's name. */
  readonly backend: string
  /** Absolute path of what is open now. */
  readonly location: string
  /** Whether it is another file than before. */
  readonly wasReplaced: boolean
  /**
   * Absolute paths of the write-ahead log and its index that were left of the file before: they may hold commits of it,
   * and are never removed. Empty where nothing was left.
   */
  readonly setAside: readonly string[]
  /** When it began. */
  readonly startedAt: Date
  /** How long it took, in milliseconds. */
  readonly durationMs: number
}
