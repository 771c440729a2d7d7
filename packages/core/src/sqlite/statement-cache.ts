/**
 * Prepared statements by their SQL, bounded, the least recently used going first.
 *
 * Two generations instead of a list: a hit in the young one costs a single look-up, which is what the hot path pays.
 * When the young one is full it becomes the old one, and what was in the old one and never asked for again is gone.
 */
export class StatementCache<T> {
  readonly #generationSize: number
  readonly #keepsOld: boolean
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  constructor(maxSize: number) {
    this.#generationSize = Math.max(1, Math.floor(maxSize / 2))
    this.#keepsOld = maxSize > 1
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(sql: string): T | undefined {
    return this.#young.get(sql) ?? this.#promote(sql)
  }

  set(sql: string, statement: T): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#keepsOld ? this.#young : new Map()
      this.#young = new Map()
    }
    this.#young.set(sql, statement)
  }

  delete(sql: string): void {
    this.#young.delete(sql)
    this.#old.delete(sql)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #promote(sql: string): T | undefined {
    const statement = this.#old.get(sql)
    if (statement === undefined) return undefined
    this.#old.delete(sql)
    this.set(sql, statement)
    return statement
  }
}
