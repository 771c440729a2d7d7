/** What a process that reads is started with, and what the store and the keeper of that process say to each other. */
import type { ResolvedSqliteOptions } from '@upkeep/core/sqlite'
import type { ConnectionSetup } from '../native-options.ts'

/** The first message to the process; from then on it speaks the protocol of the core. */
export interface ProcessData {
  /** Absolute path of the database. */
  readonly path: string
  readonly options: ResolvedSqliteOptions
  readonly setup: ConnectionSetup
  /** How many of these processes the store may have. */
  readonly maxWorkers: number
}

/** What the keeper starts with. */
export interface ProcessKeeperData {
  readonly data: ProcessData
  /** The application's Node; a thread would not see that it was set to another. */
  readonly execPath: string
}

/** To the keeper: what is for the process, or that it is to be killed. */
export type ProcessOrder = { readonly kind: 'send'; readonly message: unknown } | { readonly kind: 'kill' }

/** From the keeper: what the process says, or that it has gone. */
export type ProcessNews =
  | { readonly kind: 'said'; readonly message: unknown }
  | { readonly kind: 'gone'; readonly how: string }
