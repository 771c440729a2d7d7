/** What a worker thread is started with; from then on it speaks the protocol of the core. */
import type { ResolvedSqliteOptions } from '@upkeep/core/sqlite'
import type { ConnectionSetup } from '../native-options.ts'

export interface ThreadData {
  /** Absolute path of the database. */
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly setup: ConnectionSetup
  /** How many of these threads the store may have. */
  readonly maxWorkers: number
  /** The file of the driver's addon that the store has loaded; `undefined` where it cannot be told. */
  readonly addonPath: string | undefined
  /** The interrupt library. */
  readonly libraryPath: string
  /** Of the stop word. */
  readonly stopBuffer: SharedArrayBuffer
  /** Of one word: 1 once the thread has loaded the driver. */
  readonly loadedBuffer: SharedArrayBuffer
}
