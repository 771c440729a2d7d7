/** A SQLite connection that lives on another thread, or in another process, as far as the core needs to know of it. */
import type { Channel } from '../../remote/channel.ts'

/** Where a {@link serveSqlite} runs. */
export interface SqliteExecutor {
  readonly channel: Channel
  /** Called once the database is open there, with what its host has told by `SqliteHostOptions.token`. */
  opened(token: unknown): void
  /**
   * Stops what call `id` runs, if it runs something that may be stopped. Called again and again until the call is
   * answered: a stop may come too early.
   */
  stop(id: number): void
  /** Whether {@link stop} ends the executor itself. */
  readonly stopsByEnding: boolean
  /** Ends it; resolves when it has gone. Called when nothing runs on it. */
  close(): Promise<void>
}

/** Starts executors. */
export interface SqliteExecutors {
  /** Whether they may write: one that can only be killed must not. */
  readonly canWrite: boolean
  start(): SqliteExecutor
  /** Called once, when the last one has been closed. */
  end(): void
}

/** How many executors there may be, and for how long. */
export interface ExecutorPoolOptions {
  /** At the same time. One of them is kept for writing, if there are two. @default 4, or as many cores as there are */
  readonly max: number
  /** In milliseconds: how long one is kept that has nothing to do. @default 10 s */
  readonly idleTimeoutMs: number
  /** In milliseconds: how old one may be when it is used again. @default 10 min */
  readonly maxLifetimeMs: number
  /** How many are started with the store, and kept however idle they are. @default 0 */
  readonly warm: number
}
