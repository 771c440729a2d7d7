/**
 * Notices on one connection that the schema is another: changed here, or by another process.
 *
 * Asking SQLite costs as much as a point select, so it is asked at most every {@link CHECK_INTERVAL_MS}, and at once
 * after a schema change of ours. A change by another process is therefore seen by the first statement after that time.
 */
import type { SqliteStatement } from './port.ts'

const CHECK_INTERVAL_MS = 0.5

export class SchemaWatch {
  readonly #prepare: () => SqliteStatement
  #statement: SqliteStatement | undefined
  #version = 0
  #checkedMs = Number.NEGATIVE_INFINITY

  constructor(prepare: () => SqliteStatement) {
    this.#prepare = prepare
  }

  /** Changes when the schema does. Ask after the statement has run, so that it cannot be older than the rows. */
  version(): number {
    const nowMs = performance.now()
    if (nowMs - this.#checkedMs >= CHECK_INTERVAL_MS) {
      this.#statement ??= this.#prepare()
      this.#version = Number(this.#statement.all([])[0]?.['schema_version'])
      this.#checkedMs = nowMs
    }
    return this.#version
  }

  /** A schema change of ours: the next statement looks, whenever it comes. */
  invalidate(): void {
    this.#checkedMs = Number.NEGATIVE_INFINITY
  }
}
