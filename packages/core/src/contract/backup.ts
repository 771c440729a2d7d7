/**
 * What `store.backup()` takes, tells and reports.
 *
 * A backup is one moment of the database, as a database of its own. Where `capabilities.backup` is `false` there is none:
 * a server has its own tools.
 */
import type { Context } from './context.ts'

/** How far a backup is; what `onProgress` gets. It goes on and never back. */
export interface BackupProgress {
  /** Bytes that are written. They come in leaps: a small database goes from nothing to all. */
  readonly doneBytes: number
  /** Bytes there will be, as estimated when it began; at the end, as they are. */
  readonly totalBytes: number
}

/** Options of `store.backup()`. */
export interface BackupContext extends Context {
  /** Whether a file that is there already may be replaced; until the new one is whole, the old one stays. @default false */
  readonly overwrite?: boolean | undefined
  /**
   * Whether the copy is checked before it gets its name; what is found is `CORRUPT`. It reads all of the copy.
   * Source: https://www.sqlite.org/pragma.html#pragma_quick_check
   * @default false
   */
  readonly verify?: boolean | undefined
  /** Called as the work goes on; what it throws is logged and ignored. @default none */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined
}

/** What `store.backup()` resolves to. */
export interface BackupReport {
  /** The backend's name. */
  readonly backend: string
  /** Where the backup is: the absolute path. */
  readonly location: string
  /** Its size, in bytes. */
  readonly sizeBytes: number
  /** When it began; what was committed before then is in the backup. */
  readonly startedAt: Date
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** Whether the copy was checked. */
  readonly verified: boolean
}
