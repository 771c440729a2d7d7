/**
 * The statements that one connection has prepared by name, the last used ones, and the names they have.
 *
 * A name is made of the text and of the version of the schema: where the server's plan is no longer what it was, or the
 * statement is gone there, a new version gives a new name, and nothing can be mistaken for the old one.
 *
 * Behind a transaction pooler a statement prepared now is another connection's next time: there nothing has a name.
 */
import { createHash } from 'node:crypto'
import type { RowDecoder } from './row-decoder.ts'
import type { StatementClass } from './statement-class.ts'

/** What is known of a text on a connection. */
export interface PreparedStatement {
  readonly sql: string
  /** Empty for one that is prepared for each use. */
  readonly name: string
  /** Whether the server has it under its name. */
  isParsed: boolean
  /** Whether the columns of its rows are known; they do not change for as long as the server keeps the statement. */
  isDescribed: boolean
  decoder: RowDecoder | undefined
}

/** What connections of one store share: the version of the schema, and counters. */
export class StatementRegistry {
  /** Counts changes of the schema that this store has made or run into. */
  version = 0
  hits = 0
  misses = 0
  readonly #size: number
  readonly #hashes = new Map<string, string>()

  /** `size` is how many statements a connection keeps. */
  constructor(size: number) {
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /** What was prepared until now may not be what the server would prepare now. */
  schemaChanged(): void {
    this.version++
  }

  nameOf(sql: string): string {
    const known = this.#hashes.get(sql)
    if (known !== undefined) return `u${known}_${this.version}`
    if (this.#hashes.size >= this.#size * 4) this.#hashes.clear()
    const hash = createHash('sha256').update(sql).digest('hex').slice(0, 24)
    this.#hashes.set(sql, hash)
    return `u${hash}_${this.version}`
  }
}

export class PreparedStatements {
  readonly #registry: StatementRegistry
  readonly #keepsNames: boolean
  readonly #kept = new Map<string, PreparedStatement>()
  /** Names that the server still has and nobody uses any more. */
  #stale: string[] = []
  #version: number

  constructor(registry: StatementRegistry, keepsNames: boolean) {
    this.#registry = registry
    this.#keepsNames = keepsNames
    this.#version = registry.version
  }

  /** The statement for `sql`: a kept one for what comes again, else one that is prepared for this use. */
  get(sql: string, kind: StatementClass, isCounted = true): PreparedStatement {
    if (!this.#keepsNames || (kind !== 'read' && kind !== 'write')) return createStatement(sql, '')
    if (this.#version !== this.#registry.version) this.#renew()
    const kept = this.#kept.get(sql)
    if (kept !== undefined) {
      if (isCounted) this.#registry.hits++
      this.#kept.delete(sql)
      this.#kept.set(sql, kept)
      return kept
    }
    if (isCounted) this.#registry.misses++
    const statement = createStatement(sql, this.#registry.nameOf(sql))
    this.#kept.set(sql, statement)
    if (this.#kept.size > this.#registry.size) this.#dropOldest()
    return statement
  }

  /** Names to be closed before the next statement; they are the caller's now. */
  takeStale(): readonly string[] {
    const stale = this.#stale
    if (stale.length > 0) this.#stale = []
    return stale
  }

  /** The server has forgotten everything. */
  forget(): void {
    this.#kept.clear()
    this.#stale = []
  }

  #renew(): void {
    this.#version = this.#registry.version
    for (const statement of this.#kept.values()) this.#close(statement)
    this.#kept.clear()
  }

  #dropOldest(): void {
    const [oldest] = this.#kept.values()
    if (oldest === undefined) return
    this.#kept.delete(oldest.sql)
    this.#close(oldest)
  }

  #close({ isParsed, name }: PreparedStatement): void {
    if (isParsed) this.#stale.push(name)
  }
}

function createStatement(sql: string, name: string): PreparedStatement {
  return { sql, name, isParsed: false, isDescribed: false, decoder: undefined }
}
