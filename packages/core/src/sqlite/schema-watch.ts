/**
 * Notices on one connection that the schema is another: changed by a store of this process, or by another process.
 *
 * Stores of one process tell each other. Asking SQLite costs as much as a point select, so it is asked at most every
 * {@link CHECK_INTERVAL_MS}: a change by another process is seen by the first statement after that time.
 */
import type { SqliteStatement } from './port.ts'

const CHECK_INTERVAL_MS = 0.5

/** Counts the schema changes that stores of this process made to one database. */
export interface SchemaEpoch {
  count: number
}

const epochs = new Map<string, { readonly epoch: SchemaEpoch; users: number }>()

/** The epoch that all stores of this process share for the database at `path`; a database in memory has its own. */
export function joinSchemaEpoch(path: string): SchemaEpoch {
  if (path === ':memory:') return { count: 0 }
  const shared = epochs.get(path) ?? { epoch: { count: 0 }, users: 0 }
  shared.users++
  epochs.set(path, shared)
  return shared.epoch
}

/** To be called once for each {@link joinSchemaEpoch}. */
export function leaveSchemaEpoch(path: string): void {
  const shared = epochs.get(path)
  if (shared === undefined) return
  shared.users--
  if (shared.users === 0) epochs.delete(path)
}

export class SchemaWatch {
  readonly #prepare: () => SqliteStatement
  readonly #epoch: SchemaEpoch
  readonly #intervalMs: number
  #statement: SqliteStatement | undefined
  #seenEpoch = -1
  #version = 0
  #checkedMs = 0

  /** An interval of 0 is for where one more question to SQLite does not count. */
  constructor(prepare: () => SqliteStatement, epoch: SchemaEpoch, intervalMs: number = CHECK_INTERVAL_MS) {
    this.#prepare = prepare
    this.#epoch = epoch
    this.#intervalMs = intervalMs
  }

  /** Changes when the schema does. Ask after the statement has run, so that it cannot be older than the rows. */
  version(): number {
    const nowMs = performance.now()
    if (this.#seenEpoch !== this.#epoch.count || nowMs - this.#checkedMs >= this.#intervalMs) {
      this.#seenEpoch = this.#epoch.count
      this.#statement ??= this.#prepare()
      this.#version = Number(this.#statement.all([])[0]?.schema_version)
      this.#checkedMs = nowMs
    }
    return this.#version
  }
}
