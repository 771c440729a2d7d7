/** What an {@link serveEngine} can be asked for, and what it answers. Plain data: it crosses threads. */
import type { TransactionSettings } from 'kysely'
import type { MaintenanceRun } from '../contract/backend.ts'
import type { Capabilities } from '../contract/capabilities.ts'
import type { ChangedTables } from '../contract/change.ts'
import type { EngineStats } from '../contract/stats.ts'
import type { SerializedStoreError } from '../errors/store-error.ts'
import type { RowBatch } from './row-batch.ts'

/** What an opened engine says of itself, once. */
export interface EngineIdentity {
  readonly name: string
  readonly location: string
  readonly capabilities: Capabilities
  readonly hasForeignKeys: boolean
}

/** A query as it travels; its parameters are bound values already. */
export interface PlainQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** What every call has that runs under a `StatementContext`. */
export interface CallContext {
  /** See `StatementContext.timeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** The session in whose async context the call was made, where there is such a thing. */
  readonly scope?: number | undefined
  /** How the host can see an abort while it is in the engine; the backend's own business. */
  readonly stop?: unknown
}

/** What every call on a session has. */
export interface SessionCall extends CallContext {
  readonly session: number
  /** With the first call of a session, which acquires it. */
  readonly acquire?: boolean | undefined
  /** The session in whose async context it was acquired; goes with that. */
  readonly outer?: number | undefined
}

export interface ExecuteArgument extends CallContext {
  readonly query: PlainQuery
}

/** For what only this backend has. */
export interface OwnArgument extends CallContext {
  readonly name: string
  readonly argument: unknown
}

export interface SessionExecuteArgument extends SessionCall {
  readonly query: PlainQuery
}

export interface StreamArgument extends SessionExecuteArgument {
  readonly chunkSize: number
}

export interface BeginArgument extends SessionCall {
  readonly settings: TransactionSettings
}

export interface SavepointArgument extends SessionCall {
  readonly command: 'savepoint' | 'rollbackToSavepoint' | 'releaseSavepoint'
  readonly name: string
}

/** A result; all rows but the last batch were sent before. */
export interface ResultAnswer {
  readonly numAffectedRows?: bigint | undefined
  readonly insertId?: bigint | undefined
  readonly last: RowBatch | undefined
}

/** How a session stands. */
export interface SessionState {
  /** Whether it holds what a write or maintenance would wait for. */
  readonly holds: boolean
}

export interface SessionResultAnswer extends ResultAnswer, SessionState {}

export interface ChunkAnswer extends ResultAnswer {
  readonly done: boolean
}

/** What becomes of the signal of a call, or of a session. */
export interface AbortNote {
  readonly id: number
  readonly reason: SerializedStoreError
}

/** A run without what cannot travel: its signal is that of its call, its budget counts from the call on. */
export type PlainMaintenanceRun = Omit<MaintenanceRun, 'signal' | 'budgetLeftMs' | 'progress'>

export interface MaintenanceArgument extends CallContext {
  readonly run: PlainMaintenanceRun
  readonly budgetMs: number
}

export interface ProgressNote {
  readonly run: number
  readonly progress: Parameters<MaintenanceRun['progress']>
}

/** Of a commit, to who wants to hear of them. */
export interface CommitNote {
  readonly tables: ChangedTables
}

/** As of the moment it was sent. */
export interface StatsNote {
  readonly stats: EngineStats
  /** How often it has been reset. */
  readonly resetCount: number
}
